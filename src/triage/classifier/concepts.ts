// Words that mean the same sort of thing to a detection: tools of one trade, operations of one cloud, verbs of one change. A name that
// training never saw still says what sort it is. Our own list, from general knowledge of the trade; single words, lower case. Pure data.

/** Sort of thing -> its words. */
export const CONCEPTS: Readonly<Record<string, string>> = {
	rmm: 'action1 aeroadmin ammyy anydesk atera aweray bomgar connectwise dameware dwagent fleetdeck getscreen gotoassist hoptodesk islonline kaseya logmein meshagent meshcentral netsupport ninjaone ninjarmm nomachine parsec pulseway quickassist radmin realvnc remotepc remoteutilities rustdesk rutserv screenconnect simplehelp splashtop supremo syncro tacticalrmm teamviewer tightvnc ultraviewer ultravnc zoho',
	c2_tool:
		'asyncrat beacon bruteratel cobalt cobaltstrike covenant darkcomet dcrat deimos empire gh0st havoc hoaxshell koadic merlin metasploit meterpreter msfvenom mythic nanocore netwire nighthawk njrat plugx poisonivy poshc2 pupy quasar ratel remcos shadowpad silenttrinity sliver supershell venomrat villain warzone xworm',
	loader:
		'amadey bazar bazarloader bumblebee danabot darkgate dridex emotet gootkit gootloader guloader hancitor icedid latrodectus matanbuchus pikabot qakbot qbot smokeloader socgholish squirrelwaffle trickbot ursnif zloader',
	stealer:
		'agenttesla azorult formbook hawkeye infostealer keylogger lokibot lumma lummac meduza raccoon redline rhadamanthys stealc stealer vidar',
	ransomware:
		'akira alphv babuk blackbasta blackbyte blackcat clop conti darkside egregor lockbit lorenz maui maze medusa notpetya petya phobos prestige ragnar ransom ransomware revil rhysida ryuk samsam sodinokibi wannacry',
	lolbin:
		'adplus agentexecutor appinstaller appvlp aspnet atbroker bginfo bitsadmin certoc certreq certutil cmdl32 cmstp colorcpl configsecuritypolicy conhost coregen createdump csi defaultpack desktopimgdownldr devinit devtoolslauncher diskshadow dllhost dnscmd dnx dotnet dump64 dxcap esentutl expand extrac32 findstr finger forfiles fsutil gpscript gup ie4uinit ieexec ilasm imewdbld infdefaultinstall installutil jsc ldifde lolbas lolbin makecab mavinject mftrace mpcmdrun msbuild msconfig msdt mshta msiexec msohtmed mspub msxsl odbcconf offlinescannershell openconsole pcalua pcwrun pktmon pnputil presentationhost printbrm protocolhandler provlaunch psr pubprn rasautou rcsi regasm regsvcs regsvr32 rpcping rundll32 runonce scriptrunner settingsynchost sqldumper sqlps sqltoolsps squirrel stordiag syncappvpublishingserver ttdinject tttracer utilityfunctions vbc verclsid vshadow vsiisexelauncher vsjitdebugger wab wfc winget winrm wlrmdr workfolders wsl wsmprovhost wsreset wuauclt xwizard',
	interpreter:
		'applescript autohotkey autoit awk bash batch bun busybox cmd cscript csh deno java javascript jscript ksh lua node nodejs osascript perl php powershell pwsh python ruby tcl tclsh vbs vbscript wscript zsh',
	shell: 'bash csh dash ksh sh shell zsh',
	office:
		'access eqnedt32 equation excel macro msaccess office onenote outlook powerpoint publisher vba visio winword wll word wordpad xll',
	browser: 'brave browser chrome chromium edge firefox iexplore msedge opera safari',
	archiver: '7z 7za 7zip archive bzip2 compress gzip makecab rar tar unzip winrar winzip zip',
	recon_tool:
		'aadinternals adexplorer adfind adidnsdump adrecon azurehound bloodhound crackmapexec dsquery enum4linux graphrunner ldapdomaindump ldapsearch linenum linpeas lse netexec nltest pacu pingcastle powerview pywerview roadrecon roadtools rustscan scoutsuite seatbelt sharphound sharpview sharpwmi soapyad trufflesnout windapsearch winpeas',
	scanner:
		'acunetix dirbuster ffuf fscan gobuster hping masscan naabu nbtscan nessus netscan nikto nmap nuclei portscan scanner softperfect sqlmap unicornscan wpscan zenmap zmap',
	credential_tool:
		'certify certipy coercer createdump creddump credentialfileview dcsync donpapi dumpert dumplsass fgdump gitleaks gosecretsdump gsecdump handlekatz hashcat hashdump hekatomb impacket inveigh kekeo kerbrute lazagne lsassy mailpassview mimikatz mimipenguin nanodump netpass ntlmrelayx passthehash petitpotam ppldump pplmedic procdump pth pwdump pypykatz quarks responder rubeus safetykatz secretsdump sharpchrome sharpdpapi sharpkatz snaffler sqldumper trufflehog wce webbrowserpassview whisker xordump',
	tunnel:
		'3proxy bore chisel cloudflared devtunnel devtunnels dnscat dnscat2 earthworm frp frpc gost htran iodine ligolo localtonet ngrok pagekite pingtunnel plink portproxy proxy proxychains rathole revsocks socat socks socks5 softether ssf stunnel tailscale tunnel tunneling zrok',
	potato:
		'beroot coercedpotato efspotato godpotato incognito juicypotato krbrelay krbrelayup localpotato potato powerup printnightmare printspoofer roguepotato rottenpotato sharpup sweetpotato tokenvator uacme',
	injection:
		'apc createremotethread doppelganging ghosting herpaderping hollow hollowing inject injection ntmapviewofsection openprocess queueuserapc reflective remotethread setwindowshookex shellcode virtualalloc virtualallocex writeprocessmemory',
	security_killer:
		'aukill avneutralizer backstab defendercontrol edrsandblast edrsilencer gmer killav nsudo pchunter powertool processhacker terminator truesightkiller ttkiller',
	security_product:
		'amsi antivirus apparmor auditd av avast bitdefender carbon carbonblack crowdstrike cylance defender edr eset falcon kaspersky malwarebytes mcafee msmpeng selinux sense sentinelone sophos symantec sysmon tamper trend windefend',
	aws: 'acm amazon arn assumerole aws beanstalk bedrock cloudformation cloudfront cloudtrail cloudwatch dynamodb ebs ec2 ecr ecs efs eks elasticache elb fargate getcalleridentity glue guardduty iam kms lambda macie organizations rds redshift route53 route53domains s3 sagemaker securityhub ses sns sqs ssm sts waf',
	azure: 'aad aks arm azure azuread blob conditional entra intune keyvault pim principal runbook tenant',
	m365: 'exchange inbox m365 mailbox microsoft365 o365 office365 onedrive purview sharepoint teams yammer',
	gcp: 'bigquery cloudsql gcp gcploit gcs gke google pubsub',
	google_workspace: 'gdrive gmail gsuite workspace',
	identity_provider: 'adfs auth0 duo jumpcloud keycloak oauth oidc okta onelogin pingfederate pingid saml sso',
	devops:
		'actions argocd bitbucket ci circleci confluence git github gitlab jenkins jira npm pipeline pypi repo repository terraform workflow',
	kubernetes:
		'admission clusterrole clusterrolebinding configmap cronjob daemonset deployment etcd helm k8s kubectl kubelet kubernetes namespace pod pods rolebinding serviceaccount',
	container: 'cgroup container containerd containers crictl docker dockerd lxc nsenter podman privileged runc',
	hypervisor: 'esxcli esxi hypervisor kvm proxmox qemu vcenter vim virtual virtualbox vm vmdk vmware vsphere',
	macos:
		'apple applescript csrutil dscl dseditgroup dyld gatekeeper installer jxa kext keychain launchagent launchctl launchd launchdaemon macos networksetup osascript osx plist plistbuddy scutil softwareupdate spctl sqlite3 sysadminctl systemsetup tcc tccutil xattr',
	linux:
		'apt auditd bash chattr chmod chown cron crontab dd dnf dpkg ebpf etc gid insmod iptables kernel ld linux modprobe module nohup pam passwd preload proc rpm setcap setfacl setuid shadow shm shred ssh sshd sudo sudoers suid systemctl systemd tmp ufw unix unshare useradd yum',
	windows:
		'ad com controller dll domain exe explorer gpo hkcu hklm lsass ntds ntlm powershell registry sam services svchost vss windows winlogon wmi wmic',
	kerberos:
		'asrep delegation diamond golden kerberoast kerberoasting kerberos kirbi krbtgt pkinit preauth preauthentication rc4 roasting rubeus sapphire silver spn tgs tgt ticket',
	directory:
		'acl adminsdholder dacl dcshadow dcsync directory domaincontroller dsheuristics gpo ldap msds ntsecuritydescriptor replication samr sidhistory',
	certificate: 'adcs ca certificate certify certipy certutil csr esc1 pfx pkcs12 template',
	webapp:
		'apache aspnet coldfusion confluence django drupal exchange gitea grafana iis jboss jira jndi joomla laravel log4j log4shell magento moodle nginx owa php proxylogon proxyshell roundcube sharepoint solr spring struts telerik tomcat weblogic webserver websphere wordpress zimbra',
	appliance:
		'accellion asa barracuda bigip cisco citrix cleo crushftp f5 forticlient fortigate fortinet fortios fortiweb globalprotect goanywhere ivanti juniper junos manageengine moveit netscaler palo pan panos papercut pulse pulsesecure qnap screenconnect sonicwall sophos synology vcenter vpn zerologon zyxel',
	exploit:
		'0day baronsamedit bluekeep cve deserialization dirtycow dirtypipe eternalblue exploit exploitation follina hivenightmare injection log4shell overflow poc printnightmare proxynotshell pwnkit rce shellshock spring4shell sqli ssrf ssti traversal vulnerability vulnerable xss xxe zerologon',
	web_request: 'agent download get http https post proxy request uri url useragent web webserver',
	download:
		'bits bitsadmin certutil curl download downloaded downloadfile downloadstring fetch invoke webclient webrequest wget',
	fileshare:
		'anonfiles box catbox discord dropbox firebase gdrive ghostbin gofile ipfs mediafire mega megasync notion onedrive pastebin rclone rentry s3 slack storj telegram transfer trello webhook wetransfer',
	autostart_key:
		'activesetup appcert appinit asep autorun bootexecute currentversion ifeo runkey runonce shellopen silentprocessexit startup userinit winlogon',
	uac: 'autoelevate cleanmgr cmlua cmluautil computerdefaults consent dccw eventvwr fodhelper icmluautil idiagnosticprofile msconfig pkgmgr sdclt slui uac wsreset',
	discovery_command:
		'arp driverquery dxdiag gpresult hostname ifconfig ipconfig lscpu msinfo32 nbtstat net1 netstat nltest quser qwinsta route systeminfo tasklist uname w32tm whoami wmic',
	discovery: 'discovery enumerate enumeration gather list listing query recon reconnaissance survey',
	account: 'account accounts admin administrator group groups guest member membership privileged role roles user users',
	login: 'auth authenticate authentication login logins logon mfa password rdp session sign signin',
	fail: 'brute bruteforce denied fail failed failure failures invalid locked lockout multiple spray spraying',
	create: 'add added addition create created creation install installation installed new register registered',
	change: 'altered change changed edit modification modified modify set tamper update updated',
	remove: 'clear cleared delete deleted deletion destroy erase purge removal remove removed shred wipe',
	disable:
		'bypass deactivate deactivated disable disabled disabling kill stop stopped stopping suspend terminate terminated turn uninstall weaken',
	dump: 'comsvcs copy dump dumped dumping exfil export extract lsass minidump',
	persistence: 'autostart boot cron daemon launch logon persistence profile scheduled service startup task',
	schedule: 'anacron at atq cron crontab scheduled schtasks task tasks timer',
	service: 'binpath nssm sc scm service servicedll services svc',
	disguise:
		'base64 encode encoded hidden hide masquerade masquerading obfuscated obfuscation renamed spoof suspicious unusual xor',
	rename: 'fake masquerade masqueraded masquerading pretend rename renamed',
	network: 'connection dns ftp icmp inbound ldap network outbound port smb ssl tcp tls traffic udp',
	dns: 'dga dns doh domain nslookup nxdomain query resolver subdomain tld txt',
	email: 'attachment email eml inbox mail phish phishing sender smtp spam spearphishing',
	usb: 'autorun external flash removable usb',
	backup: 'backup backups bcdedit recovery restore shadow snapshot snapshots veeam vss vssadmin wbadmin',
	logs: 'audit auditing auditpol diagnostic etw eventlog flow history journal log logging logs syslog trail wevtutil',
	crypto: 'coinminer cryptocurrency cryptomining miner minergate mining monero nicehash pool stratum xmrig',
	driver: 'byovd driver drivers kernel loldriver procexp sys',
	namedpipe: 'lsarpc namedpipe pipe pipes psexesvc samr spoolss svcctl',
	remoteexec:
		'atexec csexec dcom dcomexec mmc20 paexec psexec psexesvc remcom smbexec winrm winrs wmiexec wmiprvse wsman',
	sharing: 'admin ipc netlogon share shares smb sysvol unc',
};
