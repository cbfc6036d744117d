/** What a client may cost, in milliseconds and bytes. */
export interface HttpLimits {
	/** For the headers of a request to arrive. */
	readonly headersMs: number;
	/** For a whole request to arrive. */
	readonly requestMs: number;
	/** Between two requests on a connection. */
	readonly idleMs: number;
	/** For an answer to be taken. How long it takes to make is another matter: a check lasts as long as its timeout. */
	readonly takingMs: number;
	/** How often the first two are looked at. */
	readonly lookMs: number;
	readonly headerBytes: number;
	/** No request here has use for a body. */
	readonly bodyBytes: number;
	/** Open at once: a further one takes the place of the oldest that has nothing under way. */
	readonly connections: number;
}

export const httpLimits: HttpLimits = {
	headersMs: 5000,
	requestMs: 10_000,
	idleMs: 15_000,
	takingMs: 60_000,
	lookMs: 1000,
	headerBytes: 16_384,
	bodyBytes: 65_536,
	connections: 512,
};

/** Connections that the system holds until they are accepted, as far as its own limit goes. */
export const listenBacklog = 4096;
