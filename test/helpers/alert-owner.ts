/**
 * A process that wants to own alerts.json, for tests of several at once: `alert-owner.ts PATH`. Says `open`, or why not, and
 * stays until killed; at the end of its stdin it lets go.
 */
import {openAlertStore} from '../../source/adapters/alerts/alert-store.js';

try {
	const {close} = await openAlertStore(process.argv[2] ?? '', {
		onNote: note => process.stdout.write(`note ${note}\n`),
		signal: new AbortController().signal,
	});
	process.stdout.write('open\n');
	process.stdin.on('end', () => void close()).resume();
} catch (error) {
	process.stdout.write(`${(error as Error).message}\n`);
}
