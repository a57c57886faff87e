// Lines "LEFT<TAB>RIGHT" in; "<", "=", ">", or "!" where npm's semver refuses one, out. The folder of the module comes first.
const semver = require(process.argv[2]);
const lines = require('fs').readFileSync(0, 'utf8').split('\n');
lines.pop();
for (const line of lines) {
  const [left, right] = line.split('\t');
  const a = semver.parse(left), b = semver.parse(right);
  console.log(a && b ? '<=>'[a.compare(b) + 1] : '!');
}
