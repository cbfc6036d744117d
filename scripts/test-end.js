// Loaded into every test file by scripts/test.js. If a file does not exit after its last test, something is still open: a timer, a
// server, a connection or a child process. The file then fails and prints what keeps it running, instead of hanging. A file with a
// test that never ends fails too.
import path from 'node:path';
import {after} from 'node:test';

const file = process.argv[1] ?? '';
/** How long a file may run after its last test, and in total; milliseconds. */
const afterTestsMs = Number(process.env.TEST_END_GRACE_MS ?? 30_000);
const wholeMs = 30 * 60_000;

function failAfter(ms, what) {
	// The timer is unreferenced, so it fires only if something else keeps the process running.
	setTimeout(() => {
		const open = process.getActiveResourcesInfo().join(', ');
		process.stderr.write(`${path.relative(process.cwd(), file)} ${what}; still open: ${open}\n`);
		process.exit(1);
	}, ms).unref();
}

// Programs that a test starts may inherit this module, but are not tests.
if (process.env.NODE_TEST_CONTEXT === 'child-v8' && /\.test\.tsx?$/.test(file)) {
	failAfter(wholeMs, `has not ended within ${wholeMs / 60_000} minutes`);
	after(() => failAfter(afterTestsMs, `does not end by itself, ${afterTestsMs / 1000} s after its last test`));
}
