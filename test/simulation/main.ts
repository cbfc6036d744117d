// Simulates days of random failures and prints figures: npm run simulate -- --days 1000 --seed 1
import {parseArgs} from 'node:util';
import {simulateDays} from './simulate-days.js';

const {values} = parseArgs({options: {days: {type: 'string', default: '1000'}, seed: {type: 'string', default: '1'}}});
const {violations, smallest, ...figures} = await simulateDays(Number(values.days), Number(values.seed));
const numbers = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`);
process.stdout.write(`seed ${values.seed}: ${numbers.join(', ')}, violations ${violations.length}\n`);
if (violations.length > 0) {
	process.stdout.write(`${violations.slice(0, 5).join('\n')}\n${JSON.stringify(smallest)}\n`);
	process.exitCode = 1;
}
