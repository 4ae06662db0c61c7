/** The whole style of the timelines page, inline so that it needs no other file. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#16181c;--dim:#687078;--line:#e3e6ea;--link:#1667c1}
@media(prefers-color-scheme:dark){:root{--bg:#111418;--card:#1a1e24;--ink:#e8eaed;--dim:#98a1ab;--line:#2b313a;--link:#78b4f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
header{padding:1.4rem 1.5rem .4rem}
h1{font-size:1.25rem;margin:0}header p{margin:.2rem 0;color:var(--dim)}
nav a{display:inline-block;margin:.5rem .4rem 0 0;padding:.15rem .75rem;border:1px solid var(--line);border-radius:99px;background:var(--card)}
nav a[aria-current]{background:var(--ink);color:var(--card)}
h2{font-size:1rem;margin:1.2rem 1.5rem .5rem;display:flex;align-items:center;gap:.5rem}
h2 i{width:.7rem;height:.7rem;border-radius:50%;background:var(--brand)}
.x{--brand:#16181c}.bluesky{--brand:#0a7aff}.mastodon{--brand:#6364ff}.pinterest{--brand:#bd081c}.linkedin{--brand:#0a66c2}
.tiktok{--brand:#16181c}.youtube{--brand:#d00}.google_business{--brand:#3367d6}.facebook{--brand:#1769d6}
.instagram{--brand:#c32aa3}.threads{--brand:#16181c}.reddit{--brand:#d93a00}
.row{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem;padding:0 1.5rem 1rem;align-items:start}
.account{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden}
.who{display:flex;gap:.7rem;align-items:center;padding:.8rem 1rem;border-bottom:1px solid var(--line)}
.face{width:2.3rem;height:2.3rem;border-radius:50%;background:var(--brand);color:#fff;display:grid;place-items:center;font-weight:600;flex:none}
.who small{color:var(--dim);display:block}
.who b{display:block;line-height:1.25}
ol{list-style:none;margin:0;padding:0;max-height:34rem;overflow:auto}
li{padding:.7rem 1rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}li>span{white-space:pre-wrap}
li:last-child{border-bottom:0}
time{display:block;color:var(--dim);font-size:.8rem;margin-top:.2rem}
.gone{opacity:.6}.gone span{text-decoration:line-through}
.media{display:flex;flex-wrap:wrap;gap:.3rem;margin-top:.4rem}.media img,.media video{max-width:100%;max-height:12rem;border-radius:8px;flex:1 1 8rem;object-fit:cover}
.none{color:var(--dim);padding:.8rem 1rem;margin:0}
`
