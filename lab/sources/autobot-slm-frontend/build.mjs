// Stand-in for `vite build`: `npm run build [-- --outDir FOLDER]` writes FOLDER/index.html (dist without it).
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const at = process.argv.indexOf("--outDir");
const out = at > 0 ? process.argv[at + 1] : "dist";
const { name } = JSON.parse(readFileSync("package.json", "utf8"));
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });
writeFileSync(join(out, "assets", "app.js"), `document.title = ${JSON.stringify(name)};\n`);
writeFileSync(join(out, "index.html"), `<!doctype html>\n<title>${name}</title>\n<script type="module" src="/assets/app.js"></script>\n`);
console.log(`${out}/index.html built`);
