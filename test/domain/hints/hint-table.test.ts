import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import test from 'node:test';
import type {Command} from '../../../source/cli/command.js';
import {commandTable, findCommand} from '../../../source/cli/command-table.js';
import {parseCliArguments} from '../../../source/cli/flags.js';
import {hintText} from './hint-text.js';
import {situations} from './situations.js';

/** The hint for each situation, and the commands in it. */
const table: ReadonlyArray<readonly [what: string, hint: string | undefined, commands: readonly string[]]> = [
	[
		'no descriptors',
		'The state of the node is unknown. Raise the limit of open files (ulimit -n, or LimitNOFILE= of its service), or run fewer checks at once: xmrtop config set concurrency 32',
		['xmrtop config set concurrency 32'],
	],
	[
		'no route to an address',
		'The state of the node is unknown. Check the routes of this machine: ip route get 10.0.0.5',
		['ip route get 10.0.0.5'],
	],
	['no route to a name', 'The state of the node is unknown. Check the network of this machine: ip route', ['ip route']],
	[
		'the resolver is broken',
		'The state of the node is unknown. Check the resolver of this machine: getent ahosts wallet.example',
		['getent ahosts wallet.example'],
	],
	[
		'a local firewall',
		'The state of the node is unknown. Check the firewall of this machine (nft list ruleset), and IPAddressDeny= of the service that runs xmrtop',
		['nft list ruleset'],
	],
	[
		'no IPv6',
		'The state of the node is unknown. Check RestrictAddressFamilies= of the service that runs xmrtop, and whether IPv6 is enabled: ip -6 address',
		['ip -6 address'],
	],
	['no free port', 'The state of the node is unknown. Check the sockets of this machine: ss -s', ['ss -s']],
	['the check was cancelled', undefined, []],
	[
		'a name that does not exist',
		'The name nowhere.example does not resolve. Try: getent ahosts nowhere.example',
		['getent ahosts nowhere.example'],
	],
	[
		'stopped by a signal',
		'The process is stopped by a signal and will not answer until it is resumed. Try: kill -CONT 77',
		['kill -CONT 77'],
	],
	[
		'stopped, and not certainly the node’s',
		'Process 77 is stopped, but may not belong to this node. Check it: ps -o pid,ppid,stat,lstart,args -p 77',
		['ps -o pid,ppid,stat,lstart,args -p 77'],
	],
	[
		'stopped by a debugger',
		'A debugger (gdb, pid 4711) has stopped the process. It resumes when the debugger detaches; a signal does not help. To find the debugger: grep TracerPid /proc/77/status',
		['grep TracerPid /proc/77/status'],
	],
	[
		'frozen in a Docker container',
		'The process is frozen by its cgroup; a signal does not help. Try: docker unpause 3f4e5a6b7c8d',
		['docker unpause 3f4e5a6b7c8d'],
	],
	[
		'frozen unit',
		'The process is frozen by its cgroup; a signal does not help. Try: systemctl thaw wallet@a.service',
		['systemctl thaw wallet@a.service'],
	],
	[
		'frozen, nothing known',
		'The process is frozen by its cgroup; a signal does not help. Try: cat /proc/77/cgroup',
		['cat /proc/77/cgroup'],
	],
	[
		'working, port closed',
		'Process 77 is starting: it reads the chain before it listens on port 18082. Do not restart it. To follow it: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'idle, port closed',
		'Process 77 is running but does not listen on port 18082: it may still be starting, or use another port. Try: ss -ltnp | grep pid=77,',
		['ss -ltnp | grep pid=77,'],
	],
	[
		'port closed in a network of its own',
		'Process 77 is running but does not listen on port 18082: it may still be starting, or use another port. Try: nsenter -t 77 -n ss -ltn',
		['nsenter -t 77 -n ss -ltn'],
	],
	[
		'hidden process',
		'Nothing listens on port 18082. Process 77 exists, but this user is not permitted to inspect it. Try: ps -fp 77',
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
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl -u monero-wallet@hot.service -n 50',
		['journalctl -u monero-wallet@hot.service -n 50'],
	],
	[
		'gone, of a unit with an escaped name',
		"The process is gone and nothing listens on port 18082. To see why it ended: journalctl -u 'monero\\x2dwallet.service' -n 50",
		["journalctl -u 'monero\\x2dwallet.service' -n 50"],
	],
	[
		'gone, of a unit, without systemd here',
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl -u wallet.service -n 50 (on its host: no systemd is seen here)',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'gone, of a user’s unit, seen by that user',
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl --user-unit monero-wallet.service -n 50',
		['journalctl --user-unit monero-wallet.service -n 50'],
	],
	[
		'gone, of a user’s unit, seen by root',
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl --user-unit monero-wallet.service -n 50 (as uid 1000; as root: journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50)',
		[
			'journalctl --user-unit monero-wallet.service -n 50',
			'journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50',
		],
	],
	[
		'gone, of a user’s unit, seen by root without systemd here',
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl --user-unit monero-wallet.service -n 50 (as uid 1000; as root: journalctl _SYSTEMD_USER_UNIT=monero-wallet.service _UID=1000 -n 50; on its host: no systemd is seen here)',
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
		'Nothing listens on port 18082; it was started from a login session (ssh.service) and may have ended with it. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, under supervisord',
		'Nothing listens on port 18082; it was started by supervisor.service. Check: supervisorctl status',
		['supervisorctl status'],
	],
	[
		'gone, under pm2',
		'Nothing listens on port 18082; it was started by pm2-root.service. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, under k3s itself',
		'Nothing listens on port 18082; it was started by k3s.service. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'gone, in Docker',
		'The process is gone and nothing listens on port 18082. To see why it ended: docker logs --tail 50 3f4e5a6b7c8d',
		['docker logs --tail 50 3f4e5a6b7c8d'],
	],
	[
		'gone, in rootless Podman',
		'The process is gone and nothing listens on port 18082. To see why it ended: podman logs --tail 50 3f4e5a6b7c8d (as uid 1000)',
		['podman logs --tail 50 3f4e5a6b7c8d'],
	],
	[
		'gone, in a quadlet',
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl -u wallet.service -n 50',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'gone, in Kubernetes',
		'The process is gone and nothing listens on port 18082. To see why it ended: crictl logs --tail 50 3f4e5a6b7c8d',
		['crictl logs --tail 50 3f4e5a6b7c8d'],
	],
	[
		'gone, in nspawn',
		'The process is gone and nothing listens on port 18082. To see why it ended: journalctl -M xmr -n 50',
		['journalctl -M xmr -n 50'],
	],
	[
		'gone, in LXC',
		'Nothing listens on port 18082. Start its monero-wallet-rpc, or correct the address: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'remote',
		'Nothing listens on 10.0.0.5:18082; whether the process is running can only be seen on that host. Try: ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc',
		['ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'remote, IPv6',
		'Nothing listens on [2001:db8::5]:18082; whether the process is running can only be seen on that host. Try: ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc',
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
		"Port 18082 is monerod's. Use the port of monero-wallet-rpc: xmrtop nodes edit shop --port N --daemon 127.0.0.1:18082",
		['xmrtop nodes edit shop --port N --daemon 127.0.0.1:18082'],
	],
	[
		'monerod, IPv6',
		"Port 18082 is monerod's. Use the port of monero-wallet-rpc: xmrtop nodes edit shop --port N --daemon '[2001:db8::5]:18082'",
		["xmrtop nodes edit shop --port N --daemon '[2001:db8::5]:18082'"],
	],
	[
		'login wanted',
		'The wallet requires a login. Without --rpc-login it is in monero-wallet-rpc.18082.login, in the folder the wallet was started in: xmrtop nodes edit shop --login-file F',
		['xmrtop nodes edit shop --login-file F'],
	],
	[
		'login wanted, its file is readable',
		"The wallet wrote its login to a file that this user can read. Use it: xmrtop nodes edit shop --login-file '/w/my wallet.login'",
		["xmrtop nodes edit shop --login-file '/w/my wallet.login'"],
	],
	[
		'login wanted, its file is another user’s',
		'The wallet wrote its login to /w/x.login, which only its own user can read. Run xmrtop as that user, or use a copy: xmrtop nodes edit shop --login-file F',
		['xmrtop nodes edit shop --login-file F'],
	],
	[
		'login wanted, no file',
		'The wallet wrote no login file, so it was started with --rpc-login: xmrtop nodes edit shop --username U --password-stdin',
		['xmrtop nodes edit shop --username U --password-stdin'],
	],
	[
		'wrong password',
		"User and password must match the wallet's --rpc-login. Try: xmrtop nodes edit shop --username U --password-stdin",
		['xmrtop nodes edit shop --username U --password-stdin'],
	],
	[
		'old login file',
		'The login in /w/x.login does not match this wallet: an old file remains after a kill. Look for a newer one in the folder where the wallet was started',
		[],
	],
	[
		'password file unreadable',
		"The wallet requires a login. Make its password file readable by the user that runs xmrtop: ls -l '/run/secrets/it'\\''s'",
		["ls -l '/run/secrets/it'\\''s'"],
	],
	[
		'password variable not set',
		'The wallet requires a login. Set WALLET_PW in the environment of xmrtop, or use a file: xmrtop nodes edit shop --password-file F',
		['xmrtop nodes edit shop --password-file F'],
	],
	[
		'login file gone',
		'The wallet requires a login, but its login file cannot be used here. A wallet writes that file at its start and removes it at its end. Check it: ls -l /w/x.login',
		['ls -l /w/x.login'],
	],
	[
		'stale',
		'A proxy in front of the wallet spreads requests over several connections, but the login is valid for one only. Use its stream mode, or keep-alive for upstream connections',
		[],
	],
	[
		'no Digest',
		'monero-wallet-rpc always offers Digest, so another service answers. Check the address: xmrtop nodes show shop',
		['xmrtop nodes show shop'],
	],
	[
		'self-signed',
		'The wallet uses a self-signed certificate. Pin it: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'self-signed, IPv6',
		"The wallet uses a self-signed certificate. Pin it: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect '[2001:db8::5]:18082' </dev/null | openssl x509 -noout -fingerprint -sha256",
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			"openssl s_client -connect '[2001:db8::5]:18082' </dev/null | openssl x509 -noout -fingerprint -sha256",
		],
	],
	[
		'another self-signed one',
		"The wallet's self-signed certificate is not the one in ca_file; without --rpc-ssl-certificate it creates a new one at every start. Pin it: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256",
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'unknown authority',
		'Configure the CA that signed the certificate: xmrtop nodes edit shop --tls-ca-file F; or pin the certificate: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-ca-file F',
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'expired',
		'Renew the certificate, and restart the wallet with the new one in --rpc-ssl-certificate while it is idle. To see the dates: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates',
		['openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates'],
	],
	[
		'not yet valid',
		'The certificate is not valid yet, or the clock of this machine is behind (compare: date -u). To see the dates: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates',
		['date -u', 'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -subject -dates'],
	],
	[
		'wrong name',
		'Use a host name that the certificate contains: xmrtop nodes edit shop --host H; or pin the certificate: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --host H',
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'another fingerprint',
		'Without --rpc-ssl-certificate a wallet creates a new certificate at every start, so it probably restarted. Verify that, then: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		[
			'xmrtop nodes edit shop --tls-fingerprint F',
			'openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
		],
	],
	[
		'another fingerprint, seen restarted',
		'The wallet restarted (pid 77), and without --rpc-ssl-certificate it creates a new certificate at every start. Pin the new one: xmrtop nodes edit shop --tls-fingerprint F, with F from: openssl s_client -connect 127.0.0.1:18082 </dev/null | openssl x509 -noout -fingerprint -sha256',
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
		"The certificate cannot be verified without the CA file, so nothing was sent. Check it: ls -l '/x/my ca.pem'; or use another: xmrtop nodes edit shop --tls-ca-file F",
		["ls -l '/x/my ca.pem'", 'xmrtop nodes edit shop --tls-ca-file F'],
	],
	[
		'502 at once',
		'The proxy cannot reach the wallet (immediate 502): the wallet is not running, or listens elsewhere. Try: ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc',
		['ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'504, working',
		'A proxy answers with 504 instead of the wallet: the wallet behind it is busy on its only thread for longer than the proxy timeout. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'HTML',
		'Another service answers there, or a proxy is in front of the wallet. Look at the response: curl -i http://127.0.0.1:18082/w/json_rpc',
		['curl -i http://127.0.0.1:18082/w/json_rpc'],
	],
	[
		'not HTTP, IPv6 and https',
		"Another service answers there, or a proxy is in front of the wallet. Look at the response: curl -i -k 'https://[::1]:18082/a;b'\\''c'",
		["curl -i -k 'https://[::1]:18082/a;b'\\''c'"],
	],
	[
		'closed at once, starting',
		'The wallet is still starting and does not listen yet; a relay in front of it (such as docker-proxy, ssh or socat) accepts and closes the connection: do not restart it. To follow it: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'closed at once after it answered',
		'The connection is closed immediately by a wallet that has answered before: its 25 connections per address are probably all in use. To see the clients: ss -tn sport = :18082',
		['ss -tn sport = :18082'],
	],
	[
		'closed at once',
		'The connection is closed immediately: the wallet may speak only https (xmrtop nodes edit shop --tls), or its 25 connections per address are all in use: ss -tn sport = :18082',
		['xmrtop nodes edit shop --tls', 'ss -tn sport = :18082'],
	],
	[
		'closed at once, https, remote',
		"The connection is closed immediately: TLS may be disabled (xmrtop nodes edit shop --no-tls), or the wallet's 25 connections per address are all in use: ssh 10.0.0.5 ss -tn sport = :18082",
		['xmrtop nodes edit shop --no-tls', 'ssh 10.0.0.5 ss -tn sport = :18082'],
	],
	[
		'closed at once in a network of its own',
		'The connection is closed immediately by a wallet that has answered before: its 25 connections per address are probably all in use. To see the clients: nsenter -t 77 -n ss -tn sport = :18082',
		['nsenter -t 77 -n ss -tn sport = :18082'],
	],
	[
		'silent',
		'The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'silent, of a unit',
		'The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: journalctl -u wallet.service -n 50',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'silent, under cron',
		'The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'silent, with a log file',
		"The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: tail -n 50 '/var/log/my wallet.log'",
		["tail -n 50 '/var/log/my wallet.log'"],
	],
	[
		'silent and working',
		'The wallet is busy on its only thread and will answer when it is done: do not restart it. To follow it: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'silent and perhaps working',
		'The wallet accepts connections but does not answer. Its process is not visible from here, so it may be working: wait some minutes, or look on its host: ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc',
		['ssh 10.0.0.5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'silent, remote, IPv6',
		'The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc',
		['ssh 2001:db8::5 pgrep -l -f monero-wallet-rpc'],
	],
	[
		'silent for its daemon',
		'The wallet is waiting for its daemon, which hangs; restarting the wallet does not help. Check the daemon: curl -m 5 http://10.0.0.9:18081/get_info',
		['curl -m 5 http://10.0.0.9:18081/get_info'],
	],
	[
		'silent for its daemon with a login',
		"The wallet is waiting for its daemon, which hangs; restarting the wallet does not help. Check the daemon: curl -m 5 -k --digest -u ops 'https://[2001:db8::9]:18081/get_info'",
		["curl -m 5 -k --digest -u ops 'https://[2001:db8::9]:18081/get_info'"],
	],
	[
		'crash loop of a unit',
		'The wallet exits soon after every start. To see why: journalctl -u wallet.service -n 50',
		['journalctl -u wallet.service -n 50'],
	],
	[
		'crash loop, nothing known',
		'The wallet exits soon after every start. To see why: check its log, and what restarts shop',
		[],
	],
	['nothing wrong', undefined, []],
	[
		'its daemon',
		'The wallet works, but its daemon does not. Check it: curl -m 5 http://10.0.0.9:18081/get_info',
		['curl -m 5 http://10.0.0.9:18081/get_info'],
	],
	[
		'its daemon, an authority given',
		"The wallet works, but its daemon does not. Check it: curl -m 5 --cacert '/d ca.pem' https://d:18081/get_info",
		["curl -m 5 --cacert '/d ca.pem' https://d:18081/get_info"],
	],
	[
		'a daemon that lost blocks',
		'The daemon was started with an empty or older chain, and the wallet waits until it has caught up. Check it: curl -m 5 http://d:18081/get_info',
		['curl -m 5 http://d:18081/get_info'],
	],
	[
		'no wallet open',
		'The program that uses this RPC server has to open a wallet. If none should be open: xmrtop nodes edit shop --no-expect-wallet',
		['xmrtop nodes edit shop --no-expect-wallet'],
	],
	[
		'behind',
		'The wallet is scanning blocks: leave it running while the lag shrinks. To follow it: xmrtop shop',
		['xmrtop shop'],
	],
	[
		'stalled',
		'The wallet answers but does not scan blocks: auto_refresh is off or fails; see its log. Try: top -H -p 77',
		['top -H -p 77'],
	],
	[
		'height unknown, in Docker',
		'The wallet answered one request but not the next. Try: docker logs --tail 50 3f4e5a6b7c8d',
		['docker logs --tail 50 3f4e5a6b7c8d'],
	],
	['slow', "The wallet's only thread is busy. Try: top -H -p 77", ['top -H -p 77']],
	[
		'a ZMQ port',
		'Port 18082 is a ZMQ port of monerod. Do not send HTTP to it: the ZMQ server of monerod before 0.18.3.2 exits on the first request. Use the port of monero-wallet-rpc: xmrtop nodes edit shop --port N',
		['xmrtop nodes edit shop --port N'],
	],
	[
		'a P2P port',
		"The connection is closed without a response, and 18080 is usually monerod's P2P port. Use the port of monero-wallet-rpc: xmrtop nodes edit shop --port N",
		['xmrtop nodes edit shop --port N'],
	],
	[
		'closed at once, public address',
		'The connection is closed immediately by a wallet that has answered before: its connections per address (since 0.18.4.0: 3 for a public address, 25 for a private one) are probably all in use. To see the clients: ssh 203.0.113.5 ss -tn sport = :18082',
		['ssh 203.0.113.5 ss -tn sport = :18082'],
	],
	[
		'a daemon that asks for a login',
		"The daemon answers but requires a login. Set it: xmrtop nodes edit shop --daemon '[2001:db8::9]:18081' --daemon-username U --daemon-password-file F; or do not check it: xmrtop nodes edit shop --daemon none",
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
		"Two daemons disagree about the chain: until it is clear which one is right, do not trust balances from either. Compare with a block explorer: curl -m 5 'http://[2001:db8::9]:18081/get_info'",
		["curl -m 5 'http://[2001:db8::9]:18081/get_info'"],
	],
	[
		'clock, without systemd',
		'Times, block ages and certificates are checked against a wrong clock. Check it: date -u',
		['date -u'],
	],
];

const hints = new Map(
	situations.map(([what, evidence]) => {
		const configDir = what === 'gone, another folder of definitions' ? '/srv/my fleet' : undefined;
		return [what, hintText(evidence, configDir)];
	}),
);

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

/** The words of a command, as a shell splits it. */
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

test('a shell can parse every command', () => {
	const commands = [...new Set(table.flatMap(([, , found]) => found))];
	for (const command of commands) {
		assert.doesNotThrow(() => execFileSync('bash', ['-n', '-c', command], {stdio: 'pipe'}), command);
	}
});

test("xmrtop's own parser accepts every xmrtop command", () => {
	const ours = [...new Set(table.flatMap(([, , found]) => found).filter(command => command.startsWith('xmrtop ')))];
	assert.ok(ours.length > 10);
	for (const command of ours) {
		const parsed = parseCliArguments(wordsOf(command).slice(1));
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

test('no hint advises to end or restart a wallet', () => {
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

test('commands for another machine run there or query it', () => {
	for (const [what, evidence] of situations.filter(([, {isLocal}]) => !isLocal)) {
		const commands = table.find(([name]) => name === what)?.[2] ?? [];
		for (const command of commands) {
			const isThere = command.includes(evidence.node.host) || /^(?:xmrtop|ip route|curl|openssl)/.test(command);
			assert.ok(isThere, `${what}: ${command}`);
		}
	}
});
