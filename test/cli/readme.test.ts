import assert from 'node:assert/strict';
import test from 'node:test';
import {readReadme, withBlocks} from '../../scripts/readme-blocks.js';

test('the tables of the README are those of the program (npm run readme makes them)', async () => {
	const readme = await readReadme();
	assert.equal(readme, withBlocks(readme));
});
