/** Descriptions of system error codes, in a few words. Callers that know more describe the error themselves. */
const words: Readonly<Record<string, string>> = {
	// Files.
	ENOENT: 'no such file or directory',
	ENOTDIR: 'part of the path is not a folder',
	EISDIR: 'it is a folder',
	EEXIST: 'a file exists where a folder is needed',
	ENOTEMPTY: 'a non-empty folder exists at that path',
	ENAMETOOLONG: 'file name too long',
	ELOOP: 'too many levels of symbolic links',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EROFS: 'the file system is read-only',
	ENOSPC: 'no space left on device',
	EDQUOT: 'disk quota exceeded',
	EIO: 'input/output error',
	EMFILE: 'too many open files',
	ENFILE: 'too many open files',
	// Networks.
	EADDRINUSE: 'the address is already in use',
	EADDRNOTAVAIL: 'it is not an address of this machine',
	EAFNOSUPPORT: 'this machine does not support that address family',
	ENOTSOCK: 'a file that is not a socket exists there',
	ENOTFOUND: 'the name does not resolve',
	EAI_AGAIN: 'the name does not resolve at the moment',
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'the connection was reset',
	EHOSTUNREACH: 'unreachable',
	ENETUNREACH: 'unreachable',
	ETIMEDOUT: 'no answer',
};

/** The description of a code such as `ENOENT`; `undefined` for an unknown code. */
export function errnoWords(code: string | undefined): string | undefined {
	return code !== undefined && Object.hasOwn(words, code) ? words[code] : undefined;
}
