export function answerCycles(cycle: () => Promise<number>): Promise<void>;
