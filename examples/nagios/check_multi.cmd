# check_multi -f check_multi.cmd: wallets by group, and the file system they are on, as one service.
command [ wallets_hot ]  = /usr/local/bin/xmrtop status --nagios --group hot --config-dir /etc/xmrtop --state-dir /var/lib/xmrtop-nagios
command [ wallets_cold ] = /usr/local/bin/xmrtop status --nagios --group cold --config-dir /etc/xmrtop --state-dir /var/lib/xmrtop-nagios
command [ disk_wallets ] = /usr/lib/nagios/plugins/check_disk -w 10% -c 5% -p /var/lib/monero

# A hot wallet that is down is critical; of cold ones, a warning is enough.
state [ CRITICAL ] = wallets_hot == CRITICAL || disk_wallets == CRITICAL
state [ WARNING ]  = COUNT(WARNING) > 0 || wallets_cold == CRITICAL
state [ UNKNOWN ]  = COUNT(UNKNOWN) > 0
