/* Every cap of the program, each with its reason. */
#ifndef CT_BASE_LIMITS_H
#define CT_BASE_LIMITS_H

/* text */
#define CT_DECODE_MAX (256u * 1024u)      /* one decoded form: four times the largest window, since \u00e9 may grow */
#define CT_JSON_DEPTH_MAX 64u             /* real request logs nest under 10 deep */
#define CT_XML_DEPTH_MAX 64u              /* poms and bills of materials nest under 20 deep */
#define CT_YAML_DEPTH_MAX 32u             /* policies and vendors' lists nest under 10 deep */
#define CT_YAML_TEXT_MAX (64u << 20)      /* CISA's list of a year has 4 MB */
#define CT_BASE64_MIN 23u                 /* 17 bytes decoded, "${jndi:rmi://h/a}": the shortest lookup that calls a host
                                            with a path; the prefilter's run search rests on this number */

#define CT_TOKEN_LOOK 512u                /* bytes of base64 text that the prefilter reads at each place where a value may start:
                                            beyond it the value is passed; few logs hold longer ones */

/* lines */
#define CT_WINDOW (64u * 1024u)           /* longest piece of a line judged at once */
#define CT_WINDOW_OVERLAP (8u * 1024u)    /* two windows share this, and up to half of one where a lookup is left open */

/* lookup: Java's default 1 MiB stack took 1000 nested levels and overflowed at 2000 (measured on 2.14.1) */
#define CT_EVAL_DEPTH_MAX 1000u
/* Work of one line, in units of about a nanosecond. Each field has the part of a pool that it has of the line's bytes, and
 * may draw on a reserve that no field can empty: what one was made to cost is not missing where the attack stands. */
#define CT_EVAL_WORK_MAX (5u * 1024u * 1024u)     /* evaluating: bytes touched over all forms and profiles */
#define CT_EVAL_WORK_RESERVE (2u * 1024u * 1024u)
#define CT_FORMS_WORK_MAX (3u * 1024u * 1024u)    /* decoding: some 40 decodings of the longest window */
#define CT_FORMS_WORK_RESERVE (1024u * 1024u)
#define CT_TRY_WORK_MAX (3u * 512u * 1024u)       /* repairing dead tries */
#define CT_TRY_WORK_RESERVE (512u * 1024u)
#define CT_EVAL_WORK_BASE (64u * 1024u)   /* of one evaluation: this ... */
#define CT_EVAL_WORK_PER_BYTE 64u         /* ... and this much per input byte, so that one form cannot spend for all */
#define CT_EVAL_WORK_RUN 500u             /* what an evaluation costs besides its bytes, and what weighing its result does */
#define CT_FORMS_WORK_FORM 200u           /* the same of a decoding */
#define CT_EVAL_WORK_FIELD (128u * 1024u) /* a field draws this much: ten times a long attack's */
#define CT_EVAL_WORK_PART (16u * 1024u)   /* a parameter, of which a field may hold thousands */
#define CT_EVAL_TRY_MAX 4096u             /* bytes repaired at once to see a dead try: published ones stay under 500 */
#define CT_EVAL_TEXT_MAX (2u * 1024u * 1024u) /* a message while it is evaluated: eight times the longest form; beyond it
                                              the answer is "spent" and not an arena run dry */
#define CT_EVAL_CALLS_MAX 64u             /* JNDI calls kept per evaluation; further ones are counted */

/* detect */
#define CT_FORMS_MAX 96u                  /* decoded forms tried per input: three encoders and a logger make up to 60 */
#define CT_LAYERS_MAX 8u                  /* decoding layers in a chain; published attacks use up to 4 */
#define CT_W3C_COLUMNS_MAX 96u            /* columns of a #Fields directive; Exchange's longest has 74, most of them durations */
#define CT_FIELDS_MAX 64u                 /* fields of one record */

/* campaign: 10000 campaigns, every string at its longest, stay under 27 MiB */
#define CT_CAMPAIGN_KEY_MAX 256u          /* a registrable domain has at most 253 characters, real keys some 60 */
#define CT_CAMPAIGN_SAMPLE_MAX 256u       /* a sample is for one line of a table */
#define CT_CAMPAIGN_SOURCES_EXACT 4096u   /* clients told apart one by one, per campaign */
#define CT_CAMPAIGN_SOURCES_BYTES (3u * 1024u * 1024u) /* lists of clients of all campaigns together: 48 full ones */

/* memory: one worker's arena for one line */
#define CT_LINE_ARENA_MAX (12u * 1024u * 1024u)

/* logs */
#define CT_SOURCE_INPUT (256u * 1024u)    /* compressed bytes read at once: few system calls, still in the second-level cache */
#define CT_CODEC_WINDOW_MAX (128u * 1024u * 1024u) /* zstd --long=27, twice xz -9: no log rotation uses more */
#define CT_PATHS_MAX 1000000u             /* files of one run: some 100 MB of names; real log trees hold thousands */
#define CT_JOURNAL_FIELD_MAX (16u * 1024u * 1024u) /* longest journal message: journald takes 48 KiB lines, few programs send more */
#define CT_STATE_MAX (64u * 1024u * 1024u) /* state file: a hundred thousand paths of typical length take 15 MB */
#define CT_FOLLOW_BUFFER (256u * 1024u)   /* longest line held back until its newline comes: four windows of the judge */
#define CT_FOLLOW_BACKLOG_MAX 64u         /* files rotated away unread between two looks; a second of rotation at most */

/* archive */
#define CT_NEST_DEPTH_MAX 32u             /* ear, war, jar, jar within and their compressed forms: real ones stay under 10; a
                                            quine has no end */
#define CT_NEST_ENTRIES_MAX (16u << 20)   /* below one root: the largest container images hold some million files */
#define CT_NEST_INFLATED_FLOOR (2ull << 30) /* a bomb may take this much from a core, two or three seconds, before it is named */
#define CT_NEST_INFLATED_RATIO 250u       /* whole containers of text compress 20-fold, deflate reaches 1032 on zeros alone */
#define CT_NEST_HOLD_MAX (16u << 20)      /* inner archives held whole at once; nearly all jars are smaller. Beyond it they
                                            stream: twice the price, no memory */
#define CT_NEST_WINDOW (64u * 1024u)      /* of each streaming level: few steps, still in the second-level cache */
#define CT_NEST_DECODERS_MAX (192u << 20) /* decoders of all levels: one with the largest window, and small ones */
#define CT_NEST_ENTRY_COST 128u           /* work of stepping to an entry, in bytes inflated at the same price ... */
#define CT_NEST_ENTER_COST 16384u         /* ... and of opening a container: quines end by it */
#define CT_ZIP_SEEN_MAX (1u << 18)        /* local headers of a streamed zip kept for comparison: 4 MiB; beyond it, it says so */
#define CT_ZIP_GAP_SEARCH (1u << 20)      /* how far into a gap of a zip hidden entries are looked for */
#define CT_TAR_META_MAX (1u << 20)        /* a tar's extended header or long name: paths end at 4096 bytes, attributes at 64 KiB */
#define CT_TAR_PIECES_MAX (1u << 18)      /* pieces of a sparse file: 4 MiB */
#define CT_AR_NAMES_MAX (1u << 20)        /* the table of long names of an ar; a .deb has none, libraries some KiB */
#define CT_ZIP_WITHOUT_DEPTH_MAX 8u       /* archives around an entry that is removed: an ear, a war and a jar are three */
#define CT_ZIP_WITHOUT_INNER_MAX (256u << 20) /* an inner archive that is written anew is held in memory, old and new */
#define CT_MANIFEST_LINE_MAX (1024u * 1024u) /* a joined manifest line: Import-Package of large bundles reaches 100 KiB */

/* fix */
#define CT_FIX_MEMORY_MAX (2ull << 30)    /* scratch while one archive is written anew: an inner one at its cap, old, packed and new */
#define CT_FIX_FILES_MAX 100000u          /* files of one run */
#define CT_FIX_JOURNAL_MAX (512u << 20)   /* that many lines of the longest paths that real trees have */

/* fingerprint */
#define CT_FINGERPRINT_TEXT_MAX (1024u * 1024u) /* one file; the largest shipped one has some 20 KiB */
#define CT_FINGERPRINT_TERMS_MAX 64u      /* classes and features of one product: the bits of one word; log4j-core uses half */
#define CT_FINGERPRINT_WORDS_MAX 512u     /* words of one line: a release line of logback names some 30 releases */
#define CT_FINGERPRINT_LITERALS_MAX 8u    /* that tell one class under a shortened name: the bits of a small set */
#define CT_FINGERPRINT_LIST_MAX 1024u     /* releases, and release lines, of one product: logback has 150 */
#define CT_FINGERPRINT_MEMORY_MAX (64u * 1024u * 1024u) /* all files together: forty of the largest */
#define CT_EVIDENCE_ITEMS_MAX 64u         /* pieces of evidence kept per copy; a copy has as many classes as its product has terms */
#define CT_EVIDENCE_COPIES_MAX 65536u     /* copies per container or tree: a build server's disk holds some thousand */
#define CT_EVIDENCE_SAID_MAX 1024u        /* metadata records per container: fat jars carry one per dependency, some hundred */

/* store */
#define CT_ASSET_TEXT_MAX 1024u           /* a name, owner or tag: host names end at 253 bytes, image references stay under 500 */
#define CT_ASSET_TAGS_MAX 64u             /* of one asset; cloud providers allow 50 */
#define CT_CSV_CELLS_MAX 256u             /* columns of a table that people keep */
#define CT_RESPOND_FILE_MAX (256u << 20)  /* one file that is imported: a report of 100,000 components has some 60 MB */
#define CT_POLICY_MAX (64u * 1024u)       /* a policy that people write; the longest shipped one has 3 KiB */
#define CT_POLICY_RULES_MAX 256u          /* of one policy; a table of four facts has sixteen */
#define CT_POLICY_CLOCKS_MAX 16u          /* of one incident */
#define CT_POLICY_NAME_MAX 200u           /* a name or a line about it */
#define CT_AGAINST_CAMPAIGNS_MAX 20000u   /* campaigns held against assets: attackers make as many as they like, and people read none of the last ones */
#define CT_DB_WAIT_MS 10000               /* a writer waits this long for another: an import of a large report takes a second */

/* vex: what vendors say */
#define CT_VEX_MEMORY_MAX (512u << 20)    /* a document's products while it is read: a distribution's have 100,000 */
#define CT_VEX_BRANCHES_MAX 30u           /* product branches one below the other: real ones stay under 8; JSON nests two per branch */
#define CT_VEX_TEXT_MAX (64u * 1024u)     /* what several remediations of one product make together: pages of it */
#define CT_VEX_MARKS_MAX 20000000u        /* remediations times products, groups spelt out: two seconds; real documents stay under 1,000,000 */
#define CT_VEX_ALIASES_MAX 16u            /* other names of one vulnerability */

/* net: one HTTP response of a service that only says yes or no */
#define CT_HTTP1_LINE_MAX 4096u           /* one header line; cookies, the longest in practice, are capped at 4096 by browsers */
#define CT_HTTP1_LINES_MAX 128u           /* header lines; large services send some 40 */
#define CT_HTTP1_HEAD_MAX (64u * 1024u)   /* status, headers, chunk sizes and trailers together */
#define CT_HTTP1_INTERIM_MAX 8u           /* 1xx responses before the final one; servers send one */
#define CT_HTTP1_BODY_MAX (1024u * 1024u) /* thrown away: beyond this a new connection is cheaper */
#define CT_HTTP1_REQUEST_HEAD_MAX 8192u   /* what common servers accept as a request's head */

/* outlet */
#define CT_OUTLET_EVENT_MAX (1024u * 1024u)  /* one event; an attempt with all its forms stays under 300 KiB */
#define CT_OUTLET_MEMORY_MAX (1024u * 1024u) /* events held in memory while the disk is full, per outlet */
#define CT_OUTLET_REFUSED_MAX (8u * 1024u * 1024u) /* the file of refused events; as much again in its predecessor */
#define CT_SPOOL_DEFAULT (64ull * 1024u * 1024u) /* a hundred thousand events: hours of a loud scan */
#define CT_SPOOL_PARTS 16u                /* segments in a full spool: dropping the oldest loses a sixteenth */
#define CT_SPOOL_SEGMENTS_MAX 256u        /* files in one spool folder; its own rules never leave more than 34 */
#define CT_SPOOL_SLOTS 4u                 /* programs of one host that use the same outlet at the same time */
#define CT_SYSLOG_DATAGRAM_MAX 8192u      /* what rsyslog and syslog-ng take as one message by default */

#define CT_GIST_DETAILS_MAX 48u           /* facts of an event shown to people; an actor with all there is has some 45 */
#define CT_GIST_VALUE_MAX 600u            /* bytes of one of them: a payload's normal form and what it calls */
#define CT_GIST_ARENA_MAX (4u * 1024u * 1024u) /* reading one event, and what is made of it */
#define CT_MAIL_MAX (64u * 1024u)         /* one mail: all details at their longest, each byte of them encoded as three */
#define CT_SMTP_LINE_MAX 1024u            /* one reply line: RFC 5321 promises 512 */
#define CT_SMTP_SECRET_MAX 255u           /* bytes of a name or password for a mail relay: RFC 4616 asks for 255 characters */
#define CT_SMTP_LINES_MAX 100u            /* of one reply: a greeting with all known extensions has some 30 */
#define CT_MAIL_TO_MAX 16u                /* recipients of one outlet: beyond it a list is what is wanted */

/* actor: who touched a decoy */
#define CT_ACTORS_MAX 4096u               /* sources remembered at a time: a /20 that all call, 1.5 MiB once all are there */
#define CT_ACTOR_MEMORY_MAX (12u * 1024u * 1024u) /* ports, logins and payloads of all of them: 500 full sweeps at once */
#define CT_ACTOR_SETTLE_MS 300            /* a burst is one alert; people do not see the wait */
#define CT_ACTOR_QUIET_MS (30 * 60 * 1000) /* then it has ended; doubled each time that it comes back, up to half a day */
#define CT_ACTOR_FORGET_MS (24 * 60 * 60 * 1000) /* then the same address is a new actor */
#define CT_CANARY_CALLERS_MAX 64u        /* hosts and canaries remembered, so that a program that calls all day is told of at widening intervals */
#define CT_ACTOR_LOGINS_MAX 16u           /* shown; distinct ones are counted up to ... */
#define CT_ACTOR_DISTINCT_MAX 256u        /* ... this many: beyond it "at least" says enough */
#define CT_ACTOR_TEXT_MAX 512u            /* of a payload kept with an actor; the record of the contact has all of it */
#define CT_ACTOR_STRAY_PORTS 32u          /* points of one source within a minute: late packets hit a few ephemeral ports, each one
                                            point; a lower port, where no client of ours was, counts four */
#define CT_IGNORE_RULES_MAX 1024u         /* lines that a person keeps; each is looked at for each packet */
#define CT_BACKGROUND_MAX 2048u           /* lines that a person can go through; a loud network has some dozens */
#define CT_BACKGROUND_RANGES_MAX 256u     /* of them with address ranges */
#define CT_BACKGROUND_PORTS_MAX 4u        /* ports that one expected visitor uses: a monitor checks a few, a scan more */
#define CT_LIST_FILE_MAX (1024u * 1024u)  /* an ignore or background list: its most lines at 250 bytes each */

/* version, sbom */
#define CT_VERSION_MAX 255u               /* a length in one byte; the longest of 70,000 real versions has 92 bytes */
#define CT_RANGE_PARTS_MAX 64u            /* intervals or comparators of one range that a person writes */
#define CT_PURL_MAX 8192u                 /* a package URL; with two URLs in its qualifiers it stays under 1,000 */
#define CT_SBOM_PIECE (64u * 1024u)       /* bytes of a bill of materials handed over at once */
#define CT_SBOM_PIECE_MAX (8u * 1024u * 1024u) /* one component with all its texts at their longest, each byte escaped */
#define CT_BOM_NESTED_MAX 32u             /* components in components of a bill that is read: real ones stay under 6 */
#define CT_SBOM_PLACES_MAX (64u * 1024u)  /* places of one SPDX package, in one text: 500 paths; further ones are counted */
#define CT_PURL_QUALIFIERS_MAX 64u        /* Conan, which has most, uses 9 */

/* runtime: what /proc and the files of a JVM say; any user writes there */
#define CT_JAVA_WORDS_MAX 65536u          /* arguments of one JVM; the kernel's own limit lets 100,000 short ones pass, real ones stay under 500 */
#define CT_PROCESS_ARENA_MAX (48u * 1024u * 1024u) /* all that is kept of one process while it is looked at: twice the caps below */
#define CT_PROCESS_TEXT_MAX (1024u * 1024u) /* one small file of it or of its JDK; a policy file with thousands of grants */
#define CT_PROCESS_LINE_MAX (4u * 1024u * 1024u) /* arguments or environment: the kernel takes 2 MB of them with default limits */
#define CT_PROCESS_MAPS_MAX (8u * 1024u * 1024u) /* the default limit of 65530 mappings, 120 bytes each */
#define CT_PROCESS_FILES_MAX 16384u       /* files of one process; application servers hold some 2000 jars */
#define CT_RUNNING_ARENA_MAX (64u * 1024u * 1024u) /* processes joined to findings: 100,000 pairs */
#define CT_SCAN_LABEL_MAX (64u * 1024u)   /* a path with what stands in front of it, or a list of controls */
#define CT_PROCESS_CLOCK_US 200000        /* a process's start is known to a clock tick, and clocks are corrected */
#define CT_POLICY_TEXT_MAX (64u * 1024u)  /* one name or codeBase of a policy file with its properties filled in; paths end at 4 KiB */

/* advisory */
#define CT_OSV_RECORD_MAX (16u * 1024u * 1024u) /* one record; the largest, which list every release of a kernel, have some 5 MB */
#define CT_OSV_SCRATCH_MAX (96u * 1024u * 1024u) /* while it is read: a version of three bytes takes sixteen more */
#define CT_PACKAGE_NAME_MAX 512u          /* Go's import paths are the longest names, and stay under 200 */

#define CT_BLOCK (1024u * 1024u)          /* bytes a worker scans at once: few system calls, and several attacks to judge in a row */
#define CT_BLOCK_BUFFER (CT_BLOCK + 4096u) /* what holds a block at any place in a page */
#define CT_CONTACTS_MAX (1u << 20)        /* hosts kept of a DNS or proxy log: 16 MiB of hashes */
#define CT_FINDINGS_MAX (3u * 1024u * 1024u) /* findings waiting to be handed over, per worker: 1,500 of ordinary attacks */
#define CT_BLOCK_ARENA_MAX (8u * 1024u * 1024u) /* the same, with one finding more and what a growing list leaves behind */

/* scan */
#define CT_SEEN_MAX (1u << 20)            /* inodes remembered: 48 MiB when full; a host has some 100,000 directories */
#define CT_WALK_DEPTH_MAX 2048u           /* directories open one below the other: PATH_MAX of single letters */
#define CT_WALK_FDS_MAX 64u               /* of them with a descriptor of their own: the usual limit is 1024 a process */
#define CT_WALK_PATH_MAX 16384u           /* bytes of a path that is walked: four times PATH_MAX, since openat goes on below it */
#define CT_WALK_NAMES_MAX (32u * 1024u * 1024u) /* names of directories still to be entered: a million of them */
#define CT_IMAGE_PATHS_MAX (3u << 19)      /* paths of one image: 48 MiB of hashes; large ones hold 300,000 files */
#define CT_IMAGE_PATH_MAX 16384u          /* bytes of a path in a layer */
#define CT_IMAGE_LAYERS_MAX 512u         /* layers of one image: overlayfs and with it the engines stop at 128 */
#define CT_IMAGE_JSON_MAX (8u * 1024u * 1024u) /* a manifest or index: registries refuse over 4 MiB */
#define CT_ADVISORIES_MAX (512u << 20)   /* what --advisories may take: a hundred thousand records with their versions */
#define CT_SCAN_REPORT_MAX (48u * 1024u * 1024u) /* findings, components and notes in memory: a hundred thousand components */
#define CT_INTERN_SLOTS_MAX (1u << 18)     /* texts kept once: 4 MiB of table. / of a machine full of test jars has 30,000 different ones */
#define CT_SCAN_NOTES_MAX 2000u           /* problems kept by name; further ones are counted */

/* packages */
#define CT_PACKAGES_DATABASE_MAX (32u * 1024u * 1024u) /* dpkg's or apk's whole text: 5,000 packages take 6 MB */
#define CT_PACKAGES_RECORD_MAX (4u * 1024u * 1024u) /* one package's own file: METADATA holds a README, the longest some 300 KB */
#define CT_PACKAGES_LOCK_MAX (16u * 1024u * 1024u) /* npm's lock file: 5,000 packages take 2 MB */
#define CT_PACKAGES_RECORDS_MAX 200000u   /* packages in one database: a desktop has 5,000 */
#define CT_PACKAGES_TEXT_MAX 2048u        /* a name, version or supplier; longer ones are no such thing */
#define CT_RPM_HEADER_MAX (16u * 1024u * 1024u) /* one package's header with its file list: kernels' and texlive's stay under 8 MB */
#define CT_RPM_TAGS_MAX 4096u             /* index entries of a header; rpm writes some 80 */
#define CT_SQLITE_FRAMES_MAX (1u << 18)    /* pages of a write-ahead log: 1 GiB of them; rpm checkpoints after 1000 */
#define CT_JAVA_POMS_MAX 4096u            /* poms in one archive: the biggest shaded jars have some 600 */
#define CT_POM_PROPERTIES_MAX 1024u       /* <properties> of one pom: Spring Boot's, the longest, has 500 */
#define CT_POM_WORK_MAX 64u               /* property references followed in one pom; real versions need under 5 */
#define CT_GO_SEARCH_MAX (16u * 1024u * 1024u) /* of a program's data, where no section names the place; it lies near the start */
#define CT_GO_INFO_MAX (1024u * 1024u)    /* module list of a Go program: kubernetes has 20 KB */

/* decoy */
#define CT_DECOY_PORTS_MAX 512u           /* ports on the list; beyond that --answer all is meant */
#define CT_DECOY_ADDRESSES_MAX 1024u      /* addresses of one host */
#define CT_DECOY_SESSIONS_MAX 16384u      /* connections at once: some 1.5 KiB each; beyond it the longest idle one ends */
#define CT_DECOY_TLS_MAX 200u             /* of them inside TLS: 38 KiB each in mbed TLS, 8 MB */
#define CT_DECOY_HANDSHAKES 100u          /* key exchanges a second, TLS and SSH: a tenth of the loop's time
                                            at a millisecond each */
#define CT_DECOY_IDLE_MS 300000           /* silence after which a session ends: longer than people type */
#define CT_DECOY_SESSION_MS 3600000       /* its age: a drip of a byte a minute does not hold it for good */
#define CT_DECOY_SESSION_BYTES_MAX (8ull << 20) /* what one peer may send in a session: uploads are cut off */
#define CT_DECOY_OUT_MAX (64u * 1024u)    /* answers that wait for one peer: a face is asked again below 4 KiB, and says 8 KiB at a time */
#define CT_DECOY_FIRST_BYTES 512u         /* of a datagram, or of what no face knows, kept as they came */
#define CT_DECOY_FACTS_MAX (1u << 20)     /* what one message can tell: itself as facts and payloads, a few times over */
#define CT_DECOY_LINE_MAX (512u * 1024u)  /* one line of the file of contacts: a full message with every byte escaped */
#define CT_DECOY_RECORD_WAITING_MAX (4u << 20) /* lines in memory while the disk is full: some thousand contacts */
#define CT_DECOY_QUEUE_MAX (1u << 20)     /* events that the teller does not take: hundreds */
#define CT_DECOY_SETTLE_MS 1500           /* from first touch to alert: the fastest full scan takes as long, and is one alert with its ports */

/* face */
#define CT_FACE_BUFFER_MAX (16u * 1024u)  /* bytes of one message: twice the longest request head that Tomcat takes, and an SSH KEXINIT is 2 KiB */
#define CT_FACE_SEND_MAX (8u * 1024u)     /* answer to one message: the login page takes 3 KiB */
#define CT_FACE_FACTS_MAX 256u            /* of one message: a request with a hundred headers, Tomcat's own cap */
#define CT_FACE_STATE_MAX 1024u           /* bytes a session keeps: 10,000 of them are 10 MB at worst; SSH takes the most */
#define CT_FACE_NAME_MAX 64u              /* host name and domain: a DNS label has at most 63 characters */
#define CT_FACE_LOGINS_MAX 32u            /* passwords tried in one connection before it closes: servers allow 3 to 6, scanners reconnect */

#endif
