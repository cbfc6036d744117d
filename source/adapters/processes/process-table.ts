import {openLinuxProcessTable} from './linux-process-table.js';
import {openPsProcessTable} from './ps-process-table.js';
import type {ListingProcessTable} from './wallet-finder.js';

/** Opens a fresh view of this machine's processes. Nothing is read, and no program run, until it is asked. */
export function openProcessTable(): ListingProcessTable {
	return process.platform === 'linux' ? openLinuxProcessTable() : openPsProcessTable();
}
