import type {Server, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';

/** A connection this young has not had the time to send its request, in milliseconds. */
const youngMs = 500;
/** Taking an answer, or waiting for one, for longer than this gives way to a new connection. */
const longMs = 1000;

interface Entry {
	/** Answers under way; pipelined requests make more than one. */
	readonly answers: Set<ServerResponse>;
	/** Since when it is in its present list, in milliseconds of `performance.now()`. */
	sinceMs: number;
	hasBeenAnswered: boolean;
}

type Connections = Map<Socket, Entry>;

/**
 * Bounds the open connections of a server by closing others when a new one comes, so that nobody is locked out by clients that
 * are slow or say nothing. The oldest of those that never sent a request go first, then the oldest idle ones, then those that
 * have long been taking or waiting for an answer.
 * @param most open at once
 */
export function limitHttpConnections(server: Server, most: number): void {
	// In the order in which they came here.
	const waiting: Connections = new Map();
	const answering: Connections = new Map();

	const move = (socket: Socket, from: Connections, to: Connections): void => {
		const entry = from.get(socket);
		if (entry) {
			from.delete(socket);
			entry.sinceMs = performance.now();
			to.set(socket, entry);
		}
	};

	server.on('connection', (socket: Socket) => {
		if (waiting.size + answering.size >= most) {
			const [victim = socket] = [victimOf(waiting, answering)];
			victim.destroy();
			waiting.delete(victim);
			answering.delete(victim);
		}

		if (!socket.destroyed) {
			waiting.set(socket, {answers: new Set(), sinceMs: performance.now(), hasBeenAnswered: false});
			socket.once('close', () => {
				waiting.delete(socket);
				answering.delete(socket);
			});
		}
	});
	server.on('request', ({socket}, response) => {
		move(socket, waiting, answering);
		const entry = answering.get(socket);
		entry?.answers.add(response);
		response.once('close', () => {
			entry?.answers.delete(response);
			if (entry?.answers.size === 0) {
				entry.hasBeenAnswered = true;
				move(socket, answering, waiting);
			}
		});
	});
}

/** Who gives way; `undefined`: nobody, all are young. */
function victimOf(waiting: Connections, answering: Connections): Socket | undefined {
	const nowMs = performance.now();
	const oldest = (connections: Connections, minAgeMs: number, isIt: (entry: Entry) => boolean): Socket | undefined => {
		for (const [socket, entry] of connections) {
			if (isIt(entry) && nowMs - entry.sinceMs >= minAgeMs) {
				return socket;
			}
		}

		return undefined;
	};
	const isTaking = ({answers}: Entry): boolean => [...answers].every(({writableEnded}) => writableEnded);
	return (
		oldest(waiting, youngMs, ({hasBeenAnswered}) => !hasBeenAnswered) ??
		oldest(waiting, 0, ({hasBeenAnswered}) => hasBeenAnswered) ??
		oldest(answering, longMs, isTaking) ??
		oldest(answering, longMs, () => true) ??
		oldest(waiting, 0, () => true)
	);
}
