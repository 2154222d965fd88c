/** The style of the page of a question: readable on a phone, in the light and in the dark. */
export const style = [
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;color:light-dark(#1a1d23,#e8eaee);background:light-dark(#f6f7f9,#14161a)}',
  '*{box-sizing:border-box}body{margin:0}',
  'main{max-width:44rem;margin:0 auto;padding:1rem 1rem 3rem}',
  '.short{min-height:90vh;display:grid;place-content:center;text-align:center}',
  'h1{font-size:1.4rem;margin:.5rem 0;overflow-wrap:anywhere}h2{font-size:1rem;margin:1.25rem 0 .5rem}',
  'dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1rem;margin:0;padding:.75rem;border:1px solid light-dark(#d9dde4,#343943);border-radius:8px;background:light-dark(#fff,#1d2026)}',
  'dt{color:light-dark(#5a6372,#a0a8b6);overflow-wrap:anywhere;max-width:10rem}dd{margin:0;overflow-wrap:anywhere}',
  'pre{margin:0;font:13px/1.45 ui-monospace,Menlo,monospace;white-space:pre-wrap;overflow-wrap:anywhere}',
  '.diff{padding:.75rem 0;border:1px solid light-dark(#d9dde4,#343943);border-radius:8px;background:light-dark(#fff,#1d2026)}',
  '.diff span{display:block;padding:0 .75rem}.added{background:light-dark(#e2f4e8,#16301f)}.removed{background:light-dark(#fce8e6,#3a1a18)}.hunk{color:light-dark(#5a6372,#a0a8b6)}',
  '.warn{color:light-dark(#8a5a00,#f0bd55);font-weight:600}',
  'form{display:grid;gap:.5rem;margin-top:1.25rem}label{display:grid;gap:.25rem;color:light-dark(#5a6372,#a0a8b6)}',
  'select,textarea,button{font:inherit;width:100%;padding:.6rem .75rem;border:1px solid light-dark(#8b93a1,#5b6372);border-radius:8px;background:light-dark(#fff,#1d2026);color:inherit}',
  'button{font-weight:600;cursor:pointer}.yes{background:light-dark(#2457d6,#7aa2ff);border-color:transparent;color:light-dark(#fff,#0c1330)}.no{color:light-dark(#b3261e,#ff8f86)}',
  ':focus-visible{outline:2px solid light-dark(#2457d6,#7aa2ff);outline-offset:2px}',
].join('')
