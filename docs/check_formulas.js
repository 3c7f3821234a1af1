// Check that KaTeX can draw every formula of the built site: node docs/check_formulas.js build/docs/html
const fs = require("fs");
const path = require("path");
const katex = require(path.resolve(__dirname, "_static/katex/katex.min.js"));

const PLACES = /<(span|div) class="math notranslate">([^<]*)<\/\1>/g;
const CHARACTERS = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&amp;": "&" };
let formulas = 0;
let faults = 0;

function check(file) {
  for (const [, tag, escaped] of fs.readFileSync(file, "utf8").matchAll(PLACES)) {
    const formula = escaped.replace(/&(lt|gt|quot|#x27|amp);/g, (entity) => CHARACTERS[entity]);
    formulas += 1;
    try {
      katex.renderToString(formula, { displayMode: tag === "div", throwOnError: true, strict: "ignore" });
    } catch (error) {
      faults += 1;
      console.log(`${file}: ${error.message}\n  ${formula}`);
    }
  }
}

for (const name of fs.readdirSync(process.argv[2], { recursive: true })) {
  if (name.endsWith(".html") && !name.startsWith("_static")) check(path.join(process.argv[2], name));
}
console.log(`${formulas} formulas, ${faults} cannot be drawn`);
process.exit(faults ? 1 : 0);
