import type {ProcessDescriptor} from 'ps-list';

/** A healthy `ps` takes 0.1 s for a thousand processes. One that waits on a sick process may never end. */
const timeoutMs = 5000;

let overdue: Promise<unknown> | undefined;

/**
 * Lists this machine's processes with `ps-list`.
 * @returns `[]` when `ps` does not end in time; until it has ended no other is started
 * @throws Error when `ps` is missing or fails
 */
export async function listProcesses(): Promise<readonly ProcessDescriptor[]> {
	if (overdue) {
		return [];
	}

	const {default: psList} = await import('ps-list');
	const listing = psList();
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<undefined>(resolve => {
		timer = setTimeout(resolve, timeoutMs, undefined);
	});
	try {
		const list = await Promise.race([listing, timeout]);
		if (!list) {
			overdue = listing.finally(() => {
				overdue = undefined;
			});
			overdue.catch(() => undefined);
		}

		return list ?? [];
	} finally {
		clearTimeout(timer);
	}
}
