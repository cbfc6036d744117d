import {hostInUrl} from '../../domain/daemon-address.js';
import type {DiscoveredWallet} from '../../domain/discovery/match-wallets.js';
import {fitText} from './display-width.js';
import type {Line} from './spans.js';
import {dim} from './theme.js';

const addressOf = ({wallet: {definition}}: DiscoveredWallet): string =>
	definition ? `${hostInUrl(definition.host)}:${definition.port}` : 'port unknown';

const widest = (texts: readonly string[], most: number): number =>
	Math.min(most, Math.max(...texts.map(text => text.length)));

/**
 * The wallets that run on this machine, one line each, and that there are more where not all fit.
 * @param height lines to take at most; one is always taken
 */
export function foundLines(found: readonly DiscoveredWallet[], height: number): readonly Line[] {
	const isAll = found.length <= height;
	const listed = isAll ? found : found.slice(0, Math.max(1, height - 1));
	const nameWidth = widest(
		listed.map(({name}) => name),
		24,
	);
	const addressWidth = widest(listed.map(addressOf), 24);
	const lines = listed.map(
		(one): Line => [
			{text: `   ${fitText(one.name, nameWidth)}  ${fitText(addressOf(one), addressWidth)}  pid ${one.wallet.pid}`},
			...one.obstacles.slice(0, 1).map(text => ({text: `  ${text}`, style: dim})),
		],
	);
	const left = found.length - listed.length;
	return left > 0 && height > 1 ? [...lines, [{text: `   and ${left} more`, style: dim}]] : lines;
}
