// Loaded before dist/cli.js by the build: when the program ends, writes V8's compiled code of the last script it ran.
const {writeFileSync} = require('node:fs');
const vm = require('node:vm');

let script;
vm.Script = class extends vm.Script {
	constructor(...options) {
		super(...options);
		script = this;
	}
};
process.on('exit', () => {
	writeFileSync(process.env.KEEP_COMPILED_IN, script.createCachedData());
});
