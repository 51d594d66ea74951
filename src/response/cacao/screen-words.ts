// The words by which an imported text is recognised as one that touches the plant, in seven languages, as beginnings of words without
// accents. Only data. They decide which row of the table a text falls under; that no other text is done by the bot itself rests on
// HARMLESS alone (screen.ts), so a word that is missing here makes a decision less well named, never looser than hands.

/** What a text speaks of. */
export const THINGS = {
	safety_system:
		'sis esd psd esdv hipps triconex trisis hima interlock interlocks safeguard sicherheitssteuerung sicherheitskreis sicherheitskette schutzeinrichtung schutzsystem verriegelung verrouillage enclavamiento intertravamento interblocco vergrendeling beveiliging veiligheidssysteem veiligheids sicherheitsgericht',
	safety_word: 'safety sicherheit securite surete seguridad seguranca sicurezza veiligheid protection',
	system_word:
		'system instrumented plc controller function logic relay relays circuit loop chain valve trip device steuerung funktion kreis kette systeme fonction sistema funcion funcao funzione controlador automate systeem functie sps',
	controller:
		'plc plcs rtu rtus dcs ied ieds controller controllers cpu automate automates sps steuerung controlador autómata automata controllore besturing regelaar s7 logix controllogix modicon simatic',
	process:
		'plant unit process production line turbine boiler furnace reactor compressor pump burner kiln mill column generator separator distillation conveyor refinery pipeline well anlage produktion prozess kessel ofen reaktor verdichter pumpe usine installation chaudiere turbina caldera horno planta caldeira forno impianto fabriek ketel oven centrale machine gas steam water pressure air flow feed fuel',
	value:
		'setpoint setpoints sp register registers coil coils tag tags output outputs parameter parameters valve valves modbus fic pic tic lic xv actuator damper sollwert stellwert ventil consigne vanne registre consigna valvula setpunt klep',
	io: 'io input inputs output outputs coil coils signal signals eingang ausgang sortie entree salida entrada uscita ingresso',
	breaker:
		'breaker breakers switchgear recloser relay substation busbar schalter leistungsschalter disjoncteur interruptor disyuntor disjuntor interruttore',
	load: 'load loads feeder last charge carga carico belasting',
	machine:
		'robot robots crane press conveyor motor drive drives spindle axis roboter kran presse grue machine grua prensa',
	logic: 'logic program programme ladder project block function code programm logique programa logica programma',
	firmware: 'firmware bootloader',
	alarm: 'alarm alarms alarme alarmes alarma alarmas allarme allarmi alert annunciator horn',
	facility:
		'hvac ventilation cooling chiller smoke sprinkler fire extinguisher lift elevator lighting luftung kuhlung brandmelde aufzug refroidissement incendie ascenseur ventilacion incendio ventilatie brand lift',
	telemetry: 'telemetry scada polling heartbeat historian dnp3 iec104 goose telemetrie telemetria',
	operation: 'manual local mode hand manuel manuell manuale handbetrieb',
	data: 'data file files disk disks drive drives volume volumes partition backup backups database databases shadow shadows snapshot restore daten festplatte donnees disque datos disco dados dati gegevens',
} as const;

/** What a text says to do. */
export const DEEDS = {
	bypass:
		'bypass defeat inhibit override jumper disable disab mask mute force forc circumvent suppress remove disarm deactivat disconnect unplug overbridge turn switch shunt forcing masking muting uberbruck ueberbruck deaktiv abschalt ausschalt umgeh unterdruck contourn shunt inhib desactiv ponter anular puente omitir esclud disattiv forzar forzare desativ contornar overbrug uitschakel omzeil',
	trip: 'trip trips tripped tripping scram esd estop blowdown depressuriz depressuris notaus notabschalt schnellabschalt schnellschluss notfahr declench disparar disparo noodstop scatto',
	stop: 'stop stops stopp halt halts shut shuts shutting shutdown kill suspend pause cease anhalt stopp herunterfahr abfahr abschalt ausschalt arret arreter detener detenga parar pare paro apagar fermare spegnere arresta stoppen stilleggen stilzett uitzett idle',
	start:
		'start starts run resume begin enable launch starten anfahren hochfahren demarr relanc arranc iniciar avviare opstarten',
	reset:
		'reset resets restart restarts reboot reboots cycle powercycle neustart zurucksetz reinitialis redemarr reinici reiniciar riavvi resetear herstart rearm',
	write:
		'write writes writing set sets change changes modify adjust raise lower increase decrease put overwrite tune schreib setz stell ander erhoh senk ecri regl modifi augment escrib ajust cambi fij impost modific scrivere escrev alter schrijf wijzig verhoog verlaag',
	open: 'open opens opening close closes closing crack throttle vent release drain dump bleed isolate rack operate actuate offnen oeffnen schliess ouvr ferm abrir abra cerrar cierre aprire chiudere fechar sluit openen ablass entluft purge flare relieve releasing',
	move: 'move moves jog start stop enable home rotate fahre bewege deplac mover muov',
	download:
		'download upload flash load update upgrade push edit program reprogram deploy laden aufspielen telecharg charger descargar cargar caricare',
	restore: 'restore rollback revert reload wiederherstell restaur ripristin herstel',
	silence:
		'silence shelve suppress acknowledge ack mute disable inhibit stummschalt quittier acquitt silenc reconoc tacit',
	block: 'block drop delay filter cut deny intercept blockier bloqu blocc blokkeer sperr',
	shed: 'shed transfer curtail dump abwerf delest desconect deslastre',
	wipe: 'wipe wipes format erase erases shred zeroize delete deletes destroy losch formatier effac supprim borrar borre eliminar cancella formatta apagar wissen verwijder vssadmin',
	encrypt: 'encrypt encrypts verschlussel chiffr cifrar cifra criptograf versleutel',
	attack: 'bruteforce fuzz fuzzing metasploit meterpreter mimikatz',
	password: 'password passwords credential credentials passwort kennwort passe contrasena clave senha wachtwoord',
} as const;

/**
 * Words of a text that a person may be shown by the bot itself. A text passes only where every word is one of these, a number or an
 * address, and every sentence begins with a word of FIRST: whatever is unknown is for hands.
 */
export const FIRST =
	'analyse analyze ask assess assign brief call check collect compare confirm consider consult contact coordinate correlate describe determine discuss document email enrich escalate evaluate examine find gather identify inform interview investigate list log look lookup mail monitor note notify obtain phone prioritise prioritize query read record report request retrieve review schedule search share summarise summarize tell track triage validate verify watch';
export const HARMLESS = `${FIRST}
a about access account accounts across activity actor actors address addresses affected after again against agent alert alerts all also an analysis analyst analysts and antivirus any appropriate are as asset at attachment attachments attack attacker author authorities available back based be been before being browser business by campaign can case cases cause channel chief ciso classification client clients communication communications company compliance compromise compromised concerning contacts content context contract copy country current customer customers cve date day department details detection detections director discovered domain domains duty each edr email emails employee employees endpoint event events evidence external false file filename findings first for forensic found from further ghost group groups handling has hash hashes have header headers help helpdesk her him his history host hostname hostnames hosts hour hours how hr if impact impacted in incident incidents indicator indicators information infrastructure initial intelligence internal investigation ioc iocs ip ips is issue it its knowledge known last law lead leader legal lessons links list location logs made mail mailbox mailboxes management manager market matching message messages meeting more name names network new next no not notes number of office officer on or organisation organization original other others our owner owners paper parties partner partners party past people performed person personal phishing phone plan point police positive possible postmortem potential previous priority privacy procedure provider public queries question questions reason received recent recipient recipients regulator related relevant report reported reporter reports reputation responder responders response result results risk role root sample sandbox scope security sender senders server servers service session severity shift should sibling siem similar since soc source sources staff stakeholder stakeholders status subject submitter summary supervisor suspected suspicious target team teams telephone that the their them then there these they this threat threats ticket ticketing tickets time timeline times to today traffic true type up upon url urls user username usernames users using vendor vendors version via victim victims virustotal vulnerability vulnerabilities was week were what when where whether which who whois whom whose why with within you your`;
