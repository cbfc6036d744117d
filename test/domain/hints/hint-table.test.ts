import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import test from 'node:test';
import {hintFor} from '../../../source/domain/hints/hint.js';
import type {Command} from '../../../source/interfaces/command.js';
import {commandTable, findCommand} from '../../../source/interfaces/command-table.js';
import {parseArguments} from '../../../source/interfaces/flags.js';
import {situations} from './situations.js';

/** What is said in each situation, and the commands that are in it. */
const table: ReadonlyArray<readonly [what: string, hint: string | undefined, commands: readonly string[]]> = [
	[
		'no descriptors',
		'Nothing is known of the node. Raise the limit of open files (ulimit -n, or LimitNOFILE= of its service), or check fewer nodes at once: xmrtop config set concurrency 32',
		['xmrtop config set concurrency 32'],
	],
	[
		'no route to an address',
		"Nothing is known of the node. Look at this machine's routes: ip route get 10.0.0.5",
		['ip route get 10.0.0.5'],
	],
	['no route to a name', "Nothing is known of the node. Look at this machine's network: ip route", ['ip route']],
	[
		'the resolver is broken',
		"Nothing is known of the node. Look at this machine's resolver: getent ahosts wallet.example",
		['getent ahosts wallet.example'],
	],
	[
		'a local firewall',
		"Nothing is known of the node. Look at this machine's firewall (nft list ruleset), and at IPAddressDeny= of the service xmrtop runs in",
		['nft list ruleset'],
	],
	[
		'no IPv6',
		'Nothing is known of the node. Look at RestrictAddressFamilies= of the service xmrtop runs in, and whether IPv6 is on: ip -6 address',
		['ip -6 address'],
	],
	['no free port', "Nothing is known of the node. Look at this machine's sockets: ss -s", ['ss -s']],
	['the check was ended', undefined, []],
	[
		'a name that does not exist',
		'The name nowhere.example does not resolve. Try: getent ahosts nowhere.example',
		['getent ahosts nowhere.example'],
	],
	[
		'stopped by a signal',
		'The process is stopped by a signal and will not answer until it goes on. Try: kill -CONT 77',
		['kill -CONT 77'],
	],
	[
		'stopped, and not certainly the node’s',
		"Process 77 is stopped, and it is not certain that it is this node's. Look at it: ps -o pid,ppid,stat,lstart,args -p 77",
		['ps -o pid,ppid,stat,lstart,args -p 77'],
	],
	[
		'stopped by a debugger',
		'A debugger (gdb, pid 4711) has stopped the process, and it goes on when that lets go; a signal does not help. See who traces it: grep TracerPid /proc/77/status',
		['grep TracerPid /proc/77/status'],
	],
	[
		'frozen in a Docker container',
		'The process is frozen by its control group, and a signal does not help. Try: docker unpause 3f4e5a6b7c8d',
		['docker unpause 3f4e5a6b7c8d'],
	],
	[
		'frozen unit',
		'The process is frozen by its control group, and a signal does not help. Try: systemctl thaw wallet@a.service',
		['systemctl thaw wallet@a.service'],
	],
	[
		'frozen, nothing known',
		'The process is frozen by its control group, and a signal does not help. Try: cat /proc/77/cgroup',
		['cat /proc/77/cgroup'],
	],
	[
		'working, port closed',
		'Process 77 is starting: it reads the chain before it listens on port 18082. Leave it alone. Watch it: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'idle, port closed',
		'Process 77 lives but does not listen on port 18082: it may still be starting, or use another port. Try: ss -ltnp | grep pid=77,',
		['ss -ltnp | grep pid=77,'],
	],
	[
		'port closed in a network of its own',
		'Process 77 lives but does not listen on port 18082: it may still be starting, or use another port. Try: nsenter -t 77 -n ss -ltn',
		['nsenter -t 77 -n ss -ltn'],
	],
	[
		'hidden process',
		'Nothing listens on port 18082. Process 77 exists, but this user may not see what it is. Try: ps -fp 77',
		['ps -fp 77'],
	],
	[
		'gone, nothing known',
		'Nothing listens on port 18082. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, another folder of definitions',
		"Nothing listens on port 18082. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N --config-dir '/srv/my fleet'",
		["xmrtop nodes edit shop --port N --config-dir '/srv/my fleet'"],
	],
	[
		'gone, of a unit',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl -u monero-wallet@hot.service -n 50',
		['journalctl -u monero-wallet@hot.service -n 50'],
	],
	[
		'gone, of a unit with an escaped name',
		"The process is gone and nothing listens on 18082. See how it ended: journalctl -u 'monero\\x2dwallet.service' -n 50",
		["journalctl -u 'monero\\x2dwallet.service' -n 50"],
	],
	[
		'gone, of a unit, without systemd here',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl -u wallet.service -n 50 (on its host: no systemd is seen here)',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'gone, of a user’s unit, seen by that user',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl --user-unit monero-wallet.service -n 50',
		['journalctl --user-unit monero-wallet.service -n 50'],
	],
	[
		'gone, of a user’s unit, seen by root',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl --user-unit monero-wallet.service -n 50 (as uid 1000; as root: journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50)',
		[
			'journalctl --user-unit monero-wallet.service -n 50',
			'journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50',
		],
	],
	[
		'gone, of a user’s unit, seen by root without systemd here',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl --user-unit monero-wallet.service -n 50 (as uid 1000; as root: journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50; on its host: no systemd is seen here)',
		[
			'journalctl --user-unit monero-wallet.service -n 50',
			'journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50',
		],
	],
	[
		'gone, started by cron',
		'Nothing listens on port 18082; it was started by cron.service, which may not start it again. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, started from ssh',
		'Nothing listens on port 18082; it was started from a login (ssh.service) and may have ended with it. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, under supervisord',
		'Nothing listens on port 18082; it was started under supervisor.service. See what that says: supervisorctl status',
		['supervisorctl status'],
	],
	[
		'gone, under pm2',
		'Nothing listens on port 18082; it was started under pm2-root.service. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, under k3s itself',
		'Nothing listens on port 18082; it was started under k3s.service. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, in Docker',
		'The process is gone and nothing listens on 18082. See how it ended: docker logs --tail 50 3f4e5a6b7c8d',
		['docker logs --tail 50 3f4e5a6b7c8d'],
	],
	[
		'gone, in rootless Podman',
		'The process is gone and nothing listens on 18082. See how it ended: podman logs --tail 50 3f4e5a6b7c8d (as uid 1000)',
		['podman logs --tail 50 3f4e5a6b7c8d'],
	],
	[
		'gone, in a quadlet',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl -u wallet.service -n 50',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'gone, in Kubernetes',
		'The process is gone and nothing listens on 18082. See how it ended: crictl logs --tail 50 3f4e5a6b7c8d',
		['crictl logs --tail 50 3f4e5a6b7c8d'],
	],
	[
		'gone, in nspawn',
		'The process is gone and nothing listens on 18082. See how it ended: journalctl -M xmr -n 50',
		['journalctl -M xmr -n 50'],
	],
	[
		'gone, in LXC',
		'Nothing listens on port 18082. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'remote',
		'Nothing listens on 10.0.0.5:18082; whether the process runs can only be seen there. Try: ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc',
		['ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'remote, IPv6',
		'Nothing listens on [2001:db8::5]:18082; whether the process runs can only be seen there. Try: ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc',
		['ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'unreachable',
		'10.0.0.5 does not accept connections on 18082: the host is off, or a firewall drops them. Try: nc -vz 10.0.0.5 18082',
		['nc -vz 10.0.0.5 18082'],
	],
	[
		'unreachable, IPv6',
		'2001:db8::5 does not accept connections on 18082: the host is off, or a firewall drops them. Try: nc -vz 2001:db8::5 18082',
		['nc -vz 2001:db8::5 18082'],
	],
	[
		'monerod',
		"Port 18082 is monerod's. Give the port of monero-wallet-rpc: xmrtop nodes edit shop --port N --daemon 127.0.0.1:18082",
		['xmrtop nodes edit shop --port N --daemon 127.0.0.1:18082'],
	],
	[
		'monerod, IPv6',
		"Port 18082 is monerod's. Give the port of monero-wallet-rpc: xmrtop nodes edit shop --port N --daemon '[2001:db8::5]:18082'",
		["xmrtop nodes edit shop --port N --daemon '[2001:db8::5]:18082'"],
	],
	[
		'login wanted',
		'The wallet wants a login. Without --rpc-login it is in monero-wallet-rpc.18082.login, in the folder the wallet was started in: xmrtop nodes edit shop --login-file F',
		['xmrtop nodes edit shop --login-file F'],
	],
	[
		'login wanted, its file is readable',
		"The wallet wrote its login to a file this user can read. Use it: xmrtop nodes edit shop --login-file '/w/my wallet.login'",
		["xmrtop nodes edit shop --login-file '/w/my wallet.login'"],
	],
	[
		'login wanted, its file is another user’s',
		'The wallet wrote its login to /w/x.login, which only its own user may read. Run xmrtop as that user, or hand it a copy: xmrtop nodes edit shop --login-file F',
		['xmrtop nodes edit shop --login-file F'],
	],
	[
		'login wanted, no file',
		'The wallet wrote no login file, so it was started with --rpc-login: xmrtop nodes edit shop --username U --password-stdin',
		['xmrtop nodes edit shop --username U --password-stdin'],
	],
	[
		'wrong password',
		"User and password must be those of the wallet's --rpc-login. Try: xmrtop nodes edit shop --username U --password-stdin",
		['xmrtop nodes edit shop --username U --password-stdin'],
	],
	[
		'old login file',
		"The login in /w/x.login is not this wallet's: a kill leaves an old file behind. Look for a newer one where the wallet was started",
		[],
	],
	[
		'password file unreadable',
		"The wallet asks for its login. Make the file of its password readable for the user that xmrtop runs as: ls -l '/run/secrets/it'\\''s'",
		["ls -l '/run/secrets/it'\\''s'"],
	],
	[
		'password variable not set',
		'The wallet asks for its login. Set WALLET_PW where xmrtop is started, or give a file: xmrtop nodes edit shop --password-file F',
		['xmrtop nodes edit shop --password-file F'],
	],
	[
		'login file gone',
		'The wallet asks for its login, and the file of it cannot be used here. A wallet writes that file when it starts and removes it when it ends. Look at it: ls -l /w/x.login',
		['ls -l /w/x.login'],
	],
	[
		'stale',
		'A proxy in front of the wallet spreads requests over several connections, and the login belongs to one. Use its stream mode, or keep upstream connections',
		[],
	],
	[
		'no Digest',
		'monero-wallet-rpc always offers Digest, so something else answers. Check the address: xmrtop nodes show shop',
		['xmrtop nodes show shop'],
	],
	[
		'self-signed',
		'The wallet made its own certificate. Pin it: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'self-signed, IPv6',
		"The wallet made its own certificate. Pin it: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect '[2001:db8::5]:18082' </dev/null | openssl x509 -noout -fingerprint -sha256",
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			"openssl s_client -connect '[2001:db8::5]:18082' </dev/null | openssl x509 -noout -fingerprint -sha256",
		],
	],
	[
		'another self-signed one',
		'The wallet shows another self-signed certificate than the one in ca_file; without --rpc-ssl-certificate it makes a new one at every start. Pin it: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'unknown authority',
		'Name the authority that signed the certificate: xmrtop nodes edit shop --tls-ca-file F; or pin the certificate: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-ca-file F',
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'expired',
		'Renew the certificate, and start the wallet again with the new one in --rpc-ssl-certificate when it is not working on something. See its dates: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates',
		['openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates'],
	],
	[
		'not yet valid',
		'The certificate is not valid yet, or the clock of this machine is behind (compare: date -u). See its dates: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates',
		['date -u', 'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates'],
	],
	[
		'wrong name',
		'Address the node by a name that its certificate holds: xmrtop nodes edit shop --host H; or pin the certificate: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --host H',
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'another fingerprint',
		'Without --rpc-ssl-certificate a wallet makes a new certificate at every start, so it probably restarted. Check that it did, then: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'another fingerprint, seen restarted',
		'The wallet restarted (pid 77), and without --rpc-ssl-certificate it makes a new certificate at every start. Pin the new one: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'TLS to a plain port',
		'The port speaks plain HTTP. Try: xmrtop nodes edit shop --no-tls',
		['xmrtop nodes edit shop --no-tls'],
	],
	[
		'authority file unreadable',
		"The certificate cannot be judged without the file of its authority, so nothing was sent. Look at it: ls -l '/x/my ca.pem'; or give another: xmrtop nodes edit shop --tls-ca-file F",
		["ls -l '/x/my ca.pem'", 'xmrtop nodes edit shop --tls-ca-file F'],
	],
	[
		'502 at once',
		'The proxy reaches no wallet (502 at once): the wallet behind it is not running, or listens elsewhere. Try: ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc',
		['ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'504, working',
		"A proxy answers with 504 in the wallet's place: the wallet behind it works on its only thread, longer than the proxy waits. Try: top -H -p 77",
		['top -H -p 77'],
	],
	[
		'HTML',
		'Something else answers there, or a proxy stands in front. Look at it: curl -i http://127.0.0.1:18082/w/json_rpc',
		['curl -i http://127.0.0.1:18082/w/json_rpc'],
	],
	[
		'not HTTP, IPv6 and https',
		"Something else answers there, or a proxy stands in front. Look at it: curl -i -k 'https://[::1]:18082/a;b'\\''c'",
		["curl -i -k 'https://[::1]:18082/a;b'\\''c'"],
	],
	[
		'closed at once, starting',
		'The wallet is still starting and does not listen yet; a relay in front of it (such as docker-proxy, ssh or socat) accepts and closes: leave it alone. Watch it: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'closed at once after it answered',
		'The connection is closed at once by a wallet that has answered before: most likely its 25 connections per address are taken. See who holds them: ss -tn sport = :18082',
		['ss -tn sport = :18082'],
	],
	[
		'closed at once',
		'The connection is closed at once: the wallet may speak only https (xmrtop nodes edit shop --tls), or its 25 connections per address are taken: ss -tn sport = :18082',
		['xmrtop nodes edit shop --tls', 'ss -tn sport = :18082'],
	],
	[
		'closed at once, https, remote',
		"The connection is closed at once: TLS may be off there (xmrtop nodes edit shop --no-tls), or the wallet's 25 connections per address are taken: ssh 10.0.0.5 ss -tn sport = :18082",
		['xmrtop nodes edit shop --no-tls', 'ssh 10.0.0.5 ss -tn sport = :18082'],
	],
	[
		'closed at once in a network of its own',
		'The connection is closed at once by a wallet that has answered before: most likely its 25 connections per address are taken. See who holds them: nsenter -t 77 -n ss -tn sport = :18082',
		['nsenter -t 77 -n ss -tn sport = :18082'],
	],
	[
		'silent',
		'The wallet accepts connections and answers nothing: it waits for its daemon, or hangs. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'silent, of a unit',
		'The wallet accepts connections and answers nothing: it waits for its daemon, or hangs. Try: journalctl -u wallet.service -n 50',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'silent, under cron',
		'The wallet accepts connections and answers nothing: it waits for its daemon, or hangs. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'silent, with a log file',
		"The wallet accepts connections and answers nothing: it waits for its daemon, or hangs. Try: tail -n 50 '/var/log/my wallet.log'",
		["tail -n 50 '/var/log/my wallet.log'"],
	],
	[
		'silent and working',
		'The wallet works on its only thread and answers when it is done: leave it alone. Watch it: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'silent and perhaps working',
		'The wallet accepts connections and answers nothing. Its process is not seen here, so it may be working: leave it alone for some minutes, or look where it runs: ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc',
		['ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'silent, remote, IPv6',
		'The wallet accepts connections and answers nothing: it waits for its daemon, or hangs. Try: ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc',
		['ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'silent for its daemon',
		'The wallet waits for its daemon, which hangs: restarting the wallet does not help. Look at the daemon: curl -m 5 http://10.0.0.9:18081/get_info',
		['curl -m 5 http://10.0.0.9:18081/get_info'],
	],
	[
		'silent for its daemon with a login',
		"The wallet waits for its daemon, which hangs: restarting the wallet does not help. Look at the daemon: curl -m 5 -k --digest -u ops 'https://[2001:db8::9]:18081/get_info'",
		["curl -m 5 -k --digest -u ops 'https://[2001:db8::9]:18081/get_info'"],
	],
	[
		'crash loop of a unit',
		'The wallet ends soon after every start. See how it ends: journalctl -u wallet.service -n 50',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'crash loop, nothing known',
		'The wallet ends soon after every start. See how it ends: look at its log, and at what starts shop again',
		[],
	],
	['nothing wrong', undefined, []],
	[
		'its daemon',
		'The wallet is fine, its daemon is not. Look at it: curl -m 5 http://10.0.0.9:18081/get_info',
		['curl -m 5 http://10.0.0.9:18081/get_info'],
	],
	[
		'its daemon, an authority given',
		"The wallet is fine, its daemon is not. Look at it: curl -m 5 --cacert '/d ca.pem' https://d:18081/get_info",
		["curl -m 5 --cacert '/d ca.pem' https://d:18081/get_info"],
	],
	[
		'a daemon that lost blocks',
		'The daemon was started with an empty or an older chain, and the wallet waits for it to come back. Look at it: curl -m 5 http://d:18081/get_info',
		['curl -m 5 http://d:18081/get_info'],
	],
	[
		'no wallet open',
		'The program that uses this wallet has to open it. When none is to be open: xmrtop nodes edit shop --no-expect-wallet',
		['xmrtop nodes edit shop --no-expect-wallet'],
	],
	['behind', 'The wallet reads blocks: leave it running while the lag shrinks. Watch it: xmrtop shop', ['xmrtop shop']],
	[
		'stalled',
		'The wallet answers and reads no blocks: its refresh is switched off (auto_refresh), or fails; its log says which. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'height unknown, in Docker',
		'The wallet answered one question and not the next. Try: docker logs --tail 50 3f4e5a6b7c8d',
		['docker logs --tail 50 3f4e5a6b7c8d'],
	],
	['slow', 'The wallet has one thread, and something keeps it busy. Try: top -H -p 77', ['top -H -p 77']],
	[
		'a ZMQ port',
		'Port 18082 is a ZMQ port of monerod. Send no HTTP to it: the ZMQ server of monerod before 0.18.3.2 ends with the first request. Give the port of monero-wallet-rpc: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'a P2P port',
		"The connection is closed without an answer, and 18080 is usually monerod's P2P port. Give the port of monero-wallet-rpc: xmrtop nodes edit shop --port N",
		['xmrtop nodes edit shop --port N'],
	],
	[
		'closed at once, public address',
		'The connection is closed at once by a wallet that has answered before: most likely its connections per address (from 0.18.4.0 on 3 for a public address, 25 for a private one) are taken. See who holds them: ssh 203.0.113.5 ss -tn sport = :18082',
		['ssh 203.0.113.5 ss -tn sport = :18082'],
	],
	[
		'a daemon that asks for a login',
		"The daemon answers and asks for a login. Give one: xmrtop nodes edit shop --daemon '[2001:db8::9]:18081' --daemon-username U --daemon-password-file F; or leave it alone: xmrtop nodes edit shop --daemon none",
		[
			"xmrtop nodes edit shop --daemon '[2001:db8::9]:18081' --daemon-username U --daemon-password-file F",
			'xmrtop nodes edit shop --daemon none',
		],
	],
	[
		'a daemon with a certificate of its own',
		"Pin the daemon's certificate: xmrtop nodes edit shop --daemon-tls-fingerprint F, with F from: openssl s_client -connect d:18081 </dev/null | openssl x509 -noout -fingerprint -sha256",
		[
			'xmrtop nodes edit shop --daemon-tls-fingerprint F',
			'openssl s_client -connect d:18081 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'two daemons disagree',
		"Two daemons disagree about the chain: until it is known which is right, do not trust balances behind either. Compare with a block explorer: curl -m 5 'http://[2001:db8::9]:18081/get_info'",
		["curl -m 5 'http://[2001:db8::9]:18081/get_info'"],
	],
	[
		'clock, without systemd',
		'Times, block ages and certificates are judged by a wrong clock. Look at it: date -u',
		['date -u'],
	],
];

const hints = new Map(situations.map(([what, evidence]) => [what, hintFor(evidence)]));

test('every situation has exactly its hint', () => {
	assert.deepEqual(
		table.map(([what]) => what),
		situations.map(([what]) => what),
	);
	for (const [what, hint] of table) {
		assert.equal(hints.get(what), hint, what);
	}
});

test('no hint holds a secret, a control character or a line break', () => {
	for (const [what, hint = ''] of hints) {
		assert.doesNotMatch(hint, /hunter2|\p{Cc}| {2}/u, what);
	}
});

/** What a shell makes of a command. */
function wordsOf(command: string): string[] {
	const words = execFileSync('bash', ['-c', `printf '%s\\0' ${command}`], {encoding: 'utf8'});
	return words.split('\0').slice(0, -1);
}

test('the table names every command of its hints', () => {
	const programs =
		/(?:^|[:(] )(?:xmrtop|journalctl|docker|podman|kill|ss|nsenter|curl|ssh|top|ps|tail|getent|nc|openssl|systemctl) \S/;
	for (const [what, hint = '', commands] of table) {
		let rest = hint;
		for (const command of commands) {
			assert.ok(rest.includes(command), `${what}: ${command}`);
			rest = rest.replace(command, '');
		}

		assert.doesNotMatch(rest, programs, what);
	}
});

test('every command is one that a shell can read', () => {
	const commands = [...new Set(table.flatMap(([, , found]) => found))];
	for (const command of commands) {
		assert.doesNotThrow(() => execFileSync('bash', ['-n', '-c', command], {stdio: 'pipe'}), command);
	}
});

test('every command of xmrtop is taken by its own parser', () => {
	const ours = [...new Set(table.flatMap(([, , found]) => found).filter(command => command.startsWith('xmrtop ')))];
	assert.ok(ours.length > 10);
	for (const command of ours) {
		const parsed = parseArguments(wordsOf(command).slice(1));
		assert.deepEqual(parsed.unknown, [], command);
		const found = findCommand(parsed.input);
		assert.ok(found, command);
		const {flags, input}: Command = commandTable[found.words];
		assert.deepEqual(
			parsed.flags.given.filter(name => !flags.includes(name)),
			[],
			command,
		);
		assert.ok(found.rest.length >= input[0] && found.rest.length <= input[1], command);
	}
});

test('nothing that ends or restarts a wallet is advised', () => {
	for (const [what, , commands] of table) {
		for (const command of commands) {
			assert.doesNotMatch(command, /\b(?:pkill|killall|restart|stop_wallet|kill (?!-CONT))\b/, what);
		}
	}

	const conts = table
		.filter(([, , commands]) => commands.some(command => command.startsWith('kill')))
		.map(([what]) => what);
	assert.deepEqual(conts, ['stopped by a signal']);
});

test('commands for another machine run there, or ask it', () => {
	for (const [what, evidence] of situations.filter(([, {isLocal}]) => !isLocal)) {
		const commands = table.find(([name]) => name === what)?.[2] ?? [];
		for (const command of commands) {
			const isThere = command.includes(evidence.node.host) || /^(?:xmrtop|ip route|curl|openssl)/.test(command);
			assert.ok(isThere, `${what}: ${command}`);
		}
	}
});
