import {renderRemedy} from '../../../source/cli/render-remedy.js';
import type {HintEvidence} from '../../../source/domain/hints/commands.js';
import {hintFor} from '../../../source/domain/hints/hint.js';
import {adviceText} from '../../../source/domain/hints/remedy.js';

/** A hint as it is shown. @param configDir the folder given on the command line */
export function hintText(evidence: HintEvidence, configDir?: string): string | undefined {
	const hint = hintFor(evidence);
	return hint && adviceText(hint, remedy => renderRemedy(remedy, configDir));
}
