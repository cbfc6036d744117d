import {runDemo} from './run-demo.js';
import {runWalletProcess, simulateWalletFlag} from './wallet-process.js';

const [, entry = '', ...argv] = process.argv;

await (argv[0] === simulateWalletFlag
	? runWalletProcess(argv)
	: runDemo(argv, {nodeBinary: process.execPath, nodeArguments: process.execArgv, entry}));
