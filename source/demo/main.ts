import {runDemoProgram} from './run-demo.js';
import {runSimulatedWallet, simulateWalletFlag} from './wallet-process.js';

const [, entry = '', ...argv] = process.argv;

await (argv[0] === simulateWalletFlag
	? runSimulatedWallet(argv)
	: runDemoProgram(argv, {nodeBinary: process.execPath, nodeArguments: process.execArgv, entry}));
