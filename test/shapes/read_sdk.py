"""Reads the request shapes of a generated Python SDK out of its source, which is parsed and never run.

usage: read_sdk.py <package folder> <output file>
Writes { "operations": [{ method, path, query, body, bodyRequired }], "definitions": { name: schema } }
as JSON Schema. Fields nobody described are errors (additionalProperties: false).
Two generators are known: X's own (one method an endpoint, `url = base_url + "/2/…"`) and
openapi-generator (a `_…_serialize` method an endpoint).
"""
import ast
import json
import pathlib
import sys

PLAIN = {
    "str": "string", "StrictStr": "string", "datetime": "string", "date": "string",
    "bytes": "string", "StrictBytes": "string", "SecretStr": "string",
    "bool": "boolean", "StrictBool": "boolean",
    "int": "integer", "StrictInt": "integer", "float": "number", "StrictFloat": "number",
}
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
LENGTHS = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
VERBS = ("get", "post", "put", "patch", "delete")


def name_of(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def type_schema(node):
    """JSON Schema of a type annotation."""
    if isinstance(node, ast.Constant):
        return type_schema(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else {}
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = name_of(node)
        if name in ("Any", "object"):
            return {}
        return {"type": PLAIN[name]} if name in PLAIN else {"$ref": f"#/definitions/{name}"}
    if not isinstance(node, ast.Subscript):
        return {}
    args = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    kind = name_of(node.value)
    if kind == "Optional":
        return type_schema(args[0])
    if kind in ("List", "list", "Set"):
        return {"type": "array", "items": type_schema(args[0])}
    if kind in ("Dict", "dict"):
        return {"type": "object"}
    if kind == "Literal":
        return {"enum": [ast.literal_eval(arg) for arg in args]}
    if kind == "Union":
        return {"anyOf": [type_schema(arg) for arg in args]}
    if kind == "Annotated":
        return bounded(type_schema(args[0]), args[1:])
    return {}


def bounded(schema, extras):
    for call in extras:
        for keyword in getattr(call, "keywords", []):
            if not isinstance(keyword.value, ast.Constant):
                continue
            least, most = LENGTHS.get(schema.get("type"), (None, None))
            known = {**BOUNDS, "min_length": least, "max_length": most, "pattern": "pattern"}
            if known.get(keyword.arg):
                schema[known[keyword.arg]] = keyword.value.value
    return schema


def field_of(node):
    """Name on the wire, schema and whether it is required, of one field of a model."""
    name, schema, required = node.target.id, type_schema(node.annotation), node.value is None
    if isinstance(node.value, ast.Call):
        keywords = {keyword.arg: keyword.value for keyword in node.value.keywords}
        required = "default" not in keywords and "default_factory" not in keywords and not node.value.args
        alias = keywords.get("alias")
        name = alias.value if isinstance(alias, ast.Constant) else name
        schema = bounded(schema, [node.value])
    return name, schema, required


def narrow(schema, function):
    """What a generated validator adds: a pattern or an enumeration."""
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and name_of(call.func) == "match" and isinstance(call.args[0], ast.Constant):
            schema["pattern"] = call.args[0].value
        if isinstance(call, ast.Call) and name_of(call.func) == "set" and call.args:
            schema["enum"] = ast.literal_eval(call.args[0])


def model_schema(node):
    fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)]
    choices = [item for item in fields if item.target.id.endswith("_validator")]
    if choices:
        return {"anyOf": [type_schema(item.annotation) for item in choices]}
    properties, required = {}, []
    for item in fields:
        if item.target.id.startswith("_") or "ClassVar" in ast.dump(item.annotation):
            continue
        name, schema, needed = field_of(item)
        properties[name] = schema
        if needed:
            required.append(name)
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.decorator_list:
            decorator = item.decorator_list[0]
            if isinstance(decorator, ast.Call) and name_of(decorator.func) == "field_validator":
                narrow(properties.get(decorator.args[0].value, {}), item)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def definitions_of(trees):
    found = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                bases = [name_of(base) for base in node.bases]
                if "Enum" in bases:
                    members = [item.value.value for item in node.body if isinstance(item, ast.Assign)]
                    found[node.name] = {"enum": members}
                elif "BaseModel" in bases:
                    found[node.name] = model_schema(node)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                # `PostId = str`, `CreateRequest = schemas.CreatePostsRequest`
                if isinstance(node.value, (ast.Name, ast.Attribute, ast.Subscript)):
                    found.setdefault(node.targets[0].id, type_schema(node.value))
    return found


def arguments_of(function):
    """Annotation and need of each argument."""
    args = function.args.args
    defaults = [None] * (len(args) - len(function.args.defaults)) + function.args.defaults
    return {arg.arg: (arg.annotation, default is None) for arg, default in zip(args, defaults)}


def operation(method, path, arguments, query, body):
    properties = {name: type_schema(arguments[source][0]) for name, source in query.items() if source in arguments}
    required = [name for name, source in query.items() if source in arguments and arguments[source][1]]
    annotation, needed = arguments.get(body, (None, False))
    return {
        "method": method.upper(),
        "path": path,
        "query": {"type": "object", "properties": properties, "required": required, "additionalProperties": False},
        "body": type_schema(annotation) if annotation is not None else None,
        "bodyRequired": needed,
    }


def source_of(value):
    """The argument that a sent value is made of: `x`, or `",".join(str(item) for item in x)`."""
    for node in ast.walk(value):
        if isinstance(node, ast.comprehension):
            return name_of(node.iter)
    return name_of(value)


def xdk_operations(tree, aliases):
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        path, verb, query = None, None, {}
        for node in ast.walk(function):
            if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and name_of(node.left) == "base_url":
                path = path or node.right.value
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                target = node.targets[0]
                if name_of(target.value) in ("params", "page_params") and isinstance(target.slice, ast.Constant):
                    query[target.slice.value] = source_of(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
                if name_of(node.func.value) == "session":
                    verb = verb or node.func.attr
        arguments = arguments_of(function)
        # The page token is set under a name kept in a variable.
        for paged in ("pagination_token", "next_token"):
            if paged in arguments:
                query.setdefault(paged, paged)
        if path and verb:
            found = operation(verb, path, arguments, query, "body")
            reference = (found["body"] or {}).get("$ref", "").split("/")[-1]
            found["body"] = aliases.get(reference, found["body"])
            yield found


def generator_operations(tree):
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name, function in functions.items():
        if not name.endswith("_serialize"):
            continue
        arguments = arguments_of(functions[name[1:].removesuffix("_serialize")])
        call = next(node for node in ast.walk(function) if isinstance(node, ast.Call) and name_of(node.func) == "param_serialize")
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        query, form, body = {}, {}, None
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
                pair = node.args[0]
                target = {"_query_params": query, "_form_params": form}.get(name_of(node.func.value))
                if target is not None and isinstance(pair, ast.Tuple):
                    value = pair.elts[1]
                    # Enumerations and times are sent as `x.value` or `x.strftime(…)`.
                    value = value.func.value if isinstance(value, ast.Call) else value
                    value = value.value if isinstance(value, ast.Attribute) else value
                    target.setdefault(pair.elts[0].value, name_of(value))
            if isinstance(node, ast.Assign) and name_of(node.targets[0]) == "_body_params":
                body = name_of(node.value)
        found = operation(given["method"].value, given["resource_path"].value, arguments, query, body)
        if form:
            found["body"] = operation("", "", arguments, form, None)["query"]
            found["bodyRequired"] = True
        yield found


def main(folder, out):
    parsed = {path: ast.parse(path.read_text()) for path in pathlib.Path(folder).rglob("*.py")}
    models = [tree for path, tree in parsed.items() if path.name == "schemas.py" or path.parent.name == "models"]
    operations = []
    for path, tree in parsed.items():
        if path.name == "client.py" and path.with_name("models.py").exists():
            aliases = definitions_of([parsed[path.with_name("models.py")]])
            operations += xdk_operations(tree, aliases)
        elif path.parent.name == "api":
            operations += generator_operations(tree)
    pathlib.Path(out).write_text(json.dumps({"operations": operations, "definitions": definitions_of(models)}))


main(*sys.argv[1:])
