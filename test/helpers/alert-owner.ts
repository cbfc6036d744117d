/**
 * A process that takes the lease of alerts.json, for tests with several processes: `alert-owner.ts PATH`. Prints `open` or the error,
 * and runs until it is killed; when its stdin closes, it releases the lease.
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
