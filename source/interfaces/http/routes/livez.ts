import {jsonAnswer} from '../answer.js';
import type {AnswerRequest} from '../route.js';

const alive = jsonAnswer(200, {status: 'alive'});

/** That the program runs and answers; nothing of the nodes. */
export const answerLivez: AnswerRequest = () => alive;
