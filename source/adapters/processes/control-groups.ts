import {readProc} from './proc-fs.js';

/** Where a process stands among the control groups: its path for each controller; `''` is version 2. */
export type GroupPaths = ReadonlyMap<string, string>;

/** Reads the lines of /proc/PID/cgroup. A path outside of what is mounted here begins with `/..` and is left out. */
export function parseGroupPaths(text: string): GroupPaths {
	const paths = new Map<string, string>();
	for (const line of text.split('\n')) {
		const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
		if (controllers !== undefined && path !== undefined && !path.startsWith('/..')) {
			for (const controller of controllers.split(',')) {
				paths.set(controller, path);
			}
		}
	}

	return paths;
}

/** Where each controller is mounted, from /proc/self/mounts; `''` is version 2. */
export function parseGroupMounts(text: string): GroupPaths {
	const mounts = new Map<string, string>();
	for (const line of text.split('\n')) {
		const [, folder = '', type, options = ''] = line.split(' ');
		if (type === 'cgroup2') {
			mounts.set('', folder);
		} else if (type === 'cgroup') {
			for (const option of options.split(',')) {
				mounts.set(option, folder);
			}
		}
	}

	return mounts;
}

/** How many periods a CPU limit held something back, from the text of `cpu.stat`. */
export function parseThrottledPeriods(text: string): number | undefined {
	const count = /^nr_throttled (\d+)$/m.exec(text)?.[1];
	return count === undefined ? undefined : Number(count);
}

let mounts: GroupPaths | undefined;

/** The folders of a process's group for one controller, from the innermost outwards. */
function groupFolders(paths: GroupPaths, controller: string): readonly string[] {
	mounts ??= parseGroupMounts(readProc('/proc/self/mounts') ?? '');
	const mount = mounts.get(controller);
	const path = paths.get(controller);
	if (mount === undefined || path === undefined) {
		return [];
	}

	const parts = path.split('/').filter(Boolean);
	return [...parts, ''].map((_, index) => [mount, ...parts.slice(0, parts.length - index)].join('/'));
}

/** How often the CPU limits of a process's groups held them back; `undefined` where none is set. A limit may be set on any level. */
export function readThrottledPeriods(paths: GroupPaths): number | undefined {
	const counts = ['cpu', ''].flatMap(controller =>
		groupFolders(paths, controller).flatMap(
			folder => parseThrottledPeriods(readProc(`${folder}/cpu.stat`) ?? '') ?? [],
		),
	);
	return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** Whether a process's control group is frozen: by its own freezer or one above it. */
export function isGroupFrozen(paths: GroupPaths): boolean {
	const [first] = groupFolders(paths, '');
	const events = first === undefined ? '' : (readProc(`${first}/cgroup.events`) ?? '');
	const [own] = groupFolders(paths, 'freezer');
	const state = own === undefined ? '' : (readProc(`${own}/freezer.state`) ?? '');
	return /^frozen 1$/m.test(events) || /^FROZEN/.test(state);
}
