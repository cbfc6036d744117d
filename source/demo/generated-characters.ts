import type {Character, DaemonName} from './cast.js';

/** Which of the generated nodes ask for a login. */
export const loginShares = ['none', 'half', 'digest'] as const;

/** One of {@link loginShares}. */
export type LoginShare = (typeof loginShares)[number];

/** What the generated nodes are like. */
export interface GeneratedFleet {
	/** The number in the first one's name. */
	readonly from: number;
	readonly count: number;
	/** How many of them accept connections and never answer, spread evenly. */
	readonly hung: number;
	readonly login: LoginShare;
	/** The daemon of all of them, if any. */
	readonly daemon?: DaemonName;
}

const groups = ['hot', 'cold', 'ops'] as const;
const versions = [65_565, 65_565, 65_565, 65_567, 65_563] as const;
const asksLogin: Readonly<Record<LoginShare, (index: number) => boolean>> = {
	none: () => false,
	half: index => index % 2 === 0,
	digest: () => true,
};

/** Makes nodes that never change, named `node-0013` and so on. */
export function generateCharacters({from, count, hung, login, daemon}: GeneratedFleet): Character[] {
	return Array.from({length: count}, (_, index): Character => {
		const isHung = Math.floor(((index + 1) * hung) / count) > Math.floor((index * hung) / count);
		return {
			name: `node-${String(from + index).padStart(4, '0')}`,
			group: groups[index % groups.length] ?? groups[0],
			version: versions[index % versions.length] ?? versions[0],
			script: [[isHung ? 'hung' : 'healthy', 3600]],
			...(asksLogin[login](index) ? {login: 'password'} : {}),
			...(daemon ? {daemon} : {}),
		};
	});
}
