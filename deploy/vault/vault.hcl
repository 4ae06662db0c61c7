# Integrated storage on one node. For several nodes or automatic unsealing by a key service, see
# docs/runbooks/vault-sealed.md.
storage "raft" {
  path    = "/vault/file"
  node_id = "vault-1"
}

listener "tcp" {
  address = "0.0.0.0:8200"
  # Reached inside the compose network alone. Give certificates here before it is reached otherwise.
  tls_disable = true
}

api_addr      = "http://vault:8200"
cluster_addr  = "http://vault:8201"
disable_mlock = true
ui            = false
