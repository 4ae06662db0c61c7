/** Texts that software on the way likes to hurt; each fits into 280 of X and 300 of Bluesky. */
export const TORTURE: Readonly<Record<string, string>> = {
  'emoji sequences':
    'Family 👨‍👩‍👧‍👦 astronaut 👩🏽‍🚀 hands 🤝🏿🫱🏻‍🫲🏾 flags 🇩🇪🇺🇳🏴󠁧󠁢󠁳󠁣󠁴󠁿🏳️‍🌈 keycap 1️⃣#️⃣ heart ❤️ and ❤︎ end 🧑‍🧑‍🧒‍🧒',
  'right to left with numbers':
    'מבצע 25% על 3 מוצרים עד 12/11/2026, רק ₪49.90! العرض ١٢٣ من 10:00 إلى 18:00 \u200f(فقط)\u200e ABC שלום 7',
  'combining marks, NFD and NFC':
    'NFD: Gru\u0308\u00dfe Cafe\u0301 A\u030a \u1112\u1161\u11ab NFC: Gr\u00fc\u00dfe Caf\u00e9 \u00c5 \ud55c Z\u0351\u036b\u0343a\u0329l\u0348\u0316g\u030b\u0350o\u0321 q\u0307\u0323 न\u094d\u0928\u093f Ti\u1ebfng Vi\u1ec7t \u212b \u2126',
  'addresses with brackets, ends and foreign letters':
    '(https://example.com/a_(b)_[c]?q={d}&e=f#g), https://example.com/soup. “https://example.com/y”! https://münchen.example/straße?ä=ö <https://example.com/z>; example.com/no-scheme',
  '@ and # at the edges and doubled':
    '@ #@ @@double ##double mail@example.com @clarion.none, (@clarion_none) #x# #1 #über_straße #日本 a#b a@b @clarion_none@social.invalid @#',
  'every reserved character of LinkedIn':
    '\\ < > # ~ _ | [ ] * ( ) { } @ \\<>#~_|[]*(){}@ \\\\ \\( _a_ *b* **c** ~d~ [e](f) {hashtag|\\#|g} @[h] (i) {j} <k> #l|m @n\\',
  'entities and tags of HTML':
    '&amp; &lt;b&gt; &#39; &nbsp; &copy &amp;amp; <b>bold</b> <br/> <script>alert("x")</script> "quoted" \'single\' 5 < 6 && 7 > 2 %20 + %3C $& $1 \x24{x} {{y}}',
  'line breaks and blanks at the edges':
    '\n\n  Three lines:\n\n\n  indented\ttabbed,  two blanks\n\u00a0no-break\u2003em\u2028separator - end  \n\n',
  'joiners that take no room':
    'می\u200cخواهم ক\u09cd\u200dষ a\u200bb c\u2060d soft\u00adhyphen \u200dedge\u200d \u2066isolated\u2069 ශ\u0dca\u200dරී \ufe0f x\u200d',
}

/** YouTube refuses both in descriptions: https://developers.google.com/youtube/v3/docs/videos */
export function withoutAngles(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›')
}

/** Exactly 300 graphemes in less than 3,000 bytes, most of them of several code points. */
export const GRAPHEMES_300 = `${'👩🏽‍🚀'.repeat(100)}${'e\u0301'.repeat(100)}${'🇩🇪'.repeat(50)}${'x'.repeat(50)}`

/** Exactly 280 as X counts: an address 23, emoji and CJK 2, Latin 1. */
export const WEIGHTED_280 = `https://example.com/${'long/'.repeat(20)} ${'👨‍👩‍👧‍👦'.repeat(50)}${'漢'.repeat(50)}${'a'.repeat(56)}`
