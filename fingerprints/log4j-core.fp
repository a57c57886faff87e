# Apache Log4j 2 core. Strings were measured on every release from 2.0-alpha1 on; the states are those of the project's security page,
# and where its machine-readable ranges differ from its text (2.12.2 of CVE-2021-45046; 2.3.1, 2.12.3 and 2.17.0 of
# CVE-2021-44832; 2.13.0 and 2.13.1 of CVE-2020-9488) the classes decide.

product log4j-core
title Apache Log4j 2 core
purl pkg:maven/org.apache.logging.log4j/log4j-core
package org/apache/logging/log4j

class JndiLookup core/lookup/JndiLookup
requires JndiLookup has "java:comp/env/" ends "core/config/plugins/Plugin;" ends "core/lookup/StrLookup" ends "core/lookup/AbstractLookup"
feature lookup-stub JndiLookup has "JNDI is not supported"
feature lookup-gated JndiLookup contains "JNDI must be enabled"
feature lookup-asks-manager JndiLookup ends "net/JndiManager"
feature of-log4j-jndi JndiLookup ends "jndi/lookup/JndiLookup"

class JndiManager core/net/JndiManager
requires JndiManager has "java.naming.factory.initial" has "java.naming.provider.url"
feature manager-enabled JndiManager has "isJndiEnabled"
feature manager-allow-list JndiManager has "allowedLdapHosts"
feature manager-uri-check JndiManager contains "Invalid JNDI URI"
feature manager-lookup-switch JndiManager has "isJndiLookupEnabled"
feature manager-jdbc-switch JndiManager has "isJndiJdbcEnabled"

class MessagePatternConverter core/pattern/MessagePatternConverter
requires MessagePatternConverter has "toAppendTo" ends "pattern/LogEventPatternConverter"
feature message-lookups MessagePatternConverter has "getStrSubstitutor"
feature message-lookups-switch MessagePatternConverter has "FORMAT_MESSAGES_PATTERN_DISABLE_LOOKUPS"
feature style-map MessagePatternConverter has "DEFAULT_MESSAGE_STYLE_MAP"

class Interpolator core/lookup/Interpolator
requires Interpolator has "defaultLookup"
feature knows-jndi Interpolator ends "lookup/JndiLookup"
feature knows-docker Interpolator has "docker"
feature lookups-configured Interpolator has "setConfiguration"
feature lookup-errors Interpolator has "handleError"
feature lookup-map Interpolator has "getStrLookupMap"
feature default-lookup Interpolator has "getDefaultLookup"
feature lookups-in-context Interpolator has "setLoggerContext"
feature root-case Interpolator has "toRootLowerCase"

class StrSubstitutor core/lookup/StrSubstitutor
requires StrSubstitutor has "setEnableSubstitutionInVariables"
feature cycles-end StrSubstitutor has "isCyclicSubstitution"
feature value-escapes StrSubstitutor has "valueEscapeDelimiterMatcher"

class DataSourceConnectionSource core/appender/db/jdbc/DataSourceConnectionSource
requires DataSourceConnectionSource has "javax/sql/DataSource"
feature jdbc-gated DataSourceConnectionSource has "isJndiJdbcEnabled"

class SmtpManager core/net/SmtpManager core/net/SMTPManager
requires SmtpManager has "javax/mail/internet/MimeMessage"
feature smtp-tls SmtpManager contains "net/ssl/SslConfiguration;"
feature smtp-logs-errors SmtpManager has "logError"

class SslSocketManager core/net/SslSocketManager core/net/TLSSocketManager
requires SslSocketManager has "javax/net/ssl/SSLSocketFactory"
feature tls-verifies SslSocketManager contains "EndpointIdentification"
feature tls-connect-timeout SslSocketManager has "getConnectTimeoutMillis"

class Transform core/util/Transform core/helpers/Transform
requires Transform has "]]>]]&gt;<![CDATA["
feature xml-sanitized Transform has "isValidXml10"

class ObjectInputStreamLogEventBridge core/net/server/ObjectInputStreamLogEventBridge
requires ObjectInputStreamLogEventBridge has "java/io/ObjectInputStream"
feature bridge-filtered ObjectInputStreamLogEventBridge ends "FilteredObjectInputStream"

class SocketServer core/net/SocketServer core/net/UDPSocketServer
requires SocketServer has "Usage: ServerSocket port configFilePath"

class Rfc5424Layout core/layout/Rfc5424Layout core/layout/RFC5424Layout
requires Rfc5424Layout has "DEFAULT_ENTERPRISE_NUMBER"
feature quoted-values Rfc5424Layout has "appendKeyDqValue"
feature reused-builders Rfc5424Layout has "getStringBuilder"
feature context-data Rfc5424Layout has "getContextData"
feature enterprise-ids Rfc5424Layout has "ENTERPRISE_ID_PATTERN"
feature layout-builder Rfc5424Layout has "setMdcId"
feature layout-new-line Rfc5424Layout has "setNewLine"

# Where an obfuscator shortened all names, literals are left.
shortened JndiLookup contains "Error looking up JNDI resource" has "java:comp/env/"
shortened JndiLookup has "Attempt to use JNDI Lookup" has "JNDI is not supported"
shortened JndiManager contains "The JNDI InitialContextFactory class name [{}] was provided"
literal lookup-stub has "JNDI is not supported"
literal lookup-gated contains "JNDI must be enabled"
literal manager-enabled has "log4j2.enableJndi"
literal manager-allow-list has "allowedLdapHosts"
literal manager-uri-check contains "Invalid JNDI URI"

# Log4j 3 keeps its JNDI lookup, which is off unless asked for, in a jar of its own.
foreign of-log4j-jndi
# Transform and SocketServer have cousins in other loggers.
belongs JndiLookup
belongs JndiManager
belongs MessagePatternConverter
belongs Interpolator
belongs StrSubstitutor
belongs DataSourceConnectionSource
belongs SmtpManager
belongs SslSocketManager
belongs ObjectInputStreamLogEventBridge
belongs Rfc5424Layout

# A release candidate that was passed around; its own metadata says 2.15.0. There is no public jar of it to measure.
releases 2.0-alpha1 2.0-alpha2 2.0-beta1 2.0-beta2 2.0-beta3 show MessagePatternConverter Interpolator StrSubstitutor Transform SocketServer Rfc5424Layout
releases 2.0-beta4 2.0-beta5 2.0-beta6 show MessagePatternConverter Interpolator StrSubstitutor SmtpManager Transform SocketServer Rfc5424Layout
releases 2.0-beta7 2.0-beta8 show MessagePatternConverter Interpolator StrSubstitutor DataSourceConnectionSource SmtpManager Transform SocketServer Rfc5424Layout
releases 2.0-beta9 2.0-rc1 show JndiLookup message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager SslSocketManager Transform SocketServer Rfc5424Layout
releases 2.0-rc2 2.0 2.0.1 2.0.2 show JndiLookup message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager SslSocketManager Transform ObjectInputStreamLogEventBridge Rfc5424Layout
releases 2.1 show lookup-asks-manager JndiManager message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager SslSocketManager Transform ObjectInputStreamLogEventBridge Rfc5424Layout
releases 2.2 show lookup-asks-manager JndiManager message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager tls-connect-timeout Transform ObjectInputStreamLogEventBridge Rfc5424Layout
releases 2.3 show lookup-asks-manager JndiManager message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values
releases 2.3.1 show lookup-gated lookup-asks-manager manager-enabled manager-lookup-switch MessagePatternConverter knows-jndi cycles-end value-escapes DataSourceConnectionSource SmtpManager tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values
releases 2.3.2 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi cycles-end value-escapes jdbc-gated smtp-tls tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values
releases 2.4 show lookup-asks-manager JndiManager message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values
releases 2.4.1 show lookup-asks-manager JndiManager message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource SmtpManager tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values reused-builders
releases 2.5 show lookup-asks-manager JndiManager message-lookups knows-jndi StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values reused-builders
releases 2.6 2.6.1 2.6.2 show lookup-asks-manager JndiManager message-lookups knows-jndi lookups-configured StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values reused-builders
releases 2.7 show lookup-asks-manager JndiManager message-lookups knows-jndi lookups-configured lookup-errors StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values reused-builders
releases 2.8 2.8.1 show lookup-asks-manager JndiManager message-lookups knows-jndi lookups-configured lookup-errors StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform ObjectInputStreamLogEventBridge quoted-values reused-builders context-data
releases 2.8.2 show lookup-asks-manager JndiManager message-lookups knows-jndi lookups-configured lookup-errors StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform bridge-filtered quoted-values reused-builders context-data
releases 2.9.0 2.9.1 show lookup-asks-manager JndiManager message-lookups knows-jndi lookups-configured lookup-errors StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.10.0 show lookup-asks-manager JndiManager message-lookups message-lookups-switch knows-jndi lookups-configured lookup-errors StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.11.0 2.11.1 2.11.2 show lookup-asks-manager JndiManager message-lookups message-lookups-switch knows-jndi lookups-configured lookup-errors lookup-map StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.12.0 2.12.1 show lookup-asks-manager JndiManager message-lookups message-lookups-switch knows-jndi knows-docker lookups-configured lookup-errors lookup-map StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.12.2 show lookup-stub manager-enabled MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.12.3 show lookup-gated lookup-asks-manager manager-enabled manager-lookup-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map cycles-end value-escapes DataSourceConnectionSource smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.12.4 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.13.0 show lookup-asks-manager JndiManager message-lookups message-lookups-switch knows-jndi knows-docker lookups-configured lookup-errors lookup-map StrSubstitutor DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.13.1 show lookup-asks-manager JndiManager message-lookups message-lookups-switch knows-jndi knows-docker lookups-configured lookup-errors lookup-map value-escapes DataSourceConnectionSource smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.13.2 2.13.3 2.14.0 2.14.1 show lookup-asks-manager JndiManager message-lookups message-lookups-switch knows-jndi knows-docker lookups-configured lookup-errors lookup-map value-escapes DataSourceConnectionSource smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.15.0-rc1 show lookup-asks-manager manager-allow-list MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map value-escapes DataSourceConnectionSource smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.15.0 show lookup-asks-manager manager-allow-list manager-uri-check MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map value-escapes DataSourceConnectionSource smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.16.0 show lookup-asks-manager manager-enabled manager-allow-list manager-uri-check MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map value-escapes DataSourceConnectionSource smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.17.0 show lookup-gated lookup-asks-manager manager-enabled manager-lookup-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map cycles-end value-escapes DataSourceConnectionSource smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.17.1 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.17.2 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data
releases 2.18.0 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids
releases 2.19.0 2.20.0 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids
releases 2.21.0 2.21.1 2.22.0 2.22.1 2.23.0 2.23.1 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context root-case cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids
releases 2.24.0 2.24.1 2.24.2 2.24.3 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch MessagePatternConverter knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context root-case cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids layout-builder
releases 2.25.0 2.25.1 2.25.2 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch style-map knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context root-case cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids layout-builder
releases 2.25.3 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch style-map knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context root-case cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-verifies tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids layout-builder
releases 2.25.4 2.25.5 show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch style-map knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context root-case cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-verifies tls-connect-timeout xml-sanitized quoted-values reused-builders context-data enterprise-ids layout-builder
releases 2.26.0 2.26.1 later show lookup-gated lookup-asks-manager manager-enabled manager-uri-check manager-lookup-switch manager-jdbc-switch style-map knows-jndi knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context root-case cycles-end value-escapes jdbc-gated smtp-tls smtp-logs-errors tls-verifies tls-connect-timeout xml-sanitized quoted-values reused-builders context-data enterprise-ids layout-builder layout-new-line
releases 3.0.0-alpha1 show MessagePatternConverter knows-docker lookups-configured lookup-errors lookup-map default-lookup lookups-in-context cycles-end value-escapes tls-connect-timeout Transform quoted-values reused-builders context-data enterprise-ids
releases 3.0.0-beta1 3.0.0-beta2 show MessagePatternConverter knows-docker lookups-configured lookup-errors default-lookup lookups-in-context root-case cycles-end value-escapes tls-connect-timeout Transform quoted-values context-data enterprise-ids
releases 3.0.0-beta3 show style-map knows-docker lookups-configured lookup-errors default-lookup lookups-in-context root-case cycles-end value-escapes tls-connect-timeout Transform quoted-values context-data enterprise-ids

cve CVE-2021-44228 critical
fix upgrade to 2.17.1, 2.12.4 (Java 7) or 2.3.2 (Java 6); until then remove JndiLookup.class from every copy and restart
affected when JndiLookup JndiManager !lookup-stub !lookup-gated !manager-enabled !manager-allow-list : lookups in messages reach JNDI
affected when JndiLookup !lookup-stub !lookup-gated !lookup-asks-manager : lookups in messages reach JNDI
affected when JndiLookup message-lookups !lookup-stub !lookup-gated : lookups in messages reach JNDI
affected when JndiLookup !lookup-stub !lookup-gated !JndiManager !MessagePatternConverter within 2.0-beta9..2.3 2.4..2.12.1 2.13.0..2.14.1 : JndiLookup is here, and every release that it may be of reaches it from messages
fixed when JndiManager manager-enabled : JNDI is off unless it is asked for
fixed when JndiManager manager-allow-list : lookups in messages are off by default, and LDAP hosts are limited
fixed when JndiLookup lookup-gated : JNDI is off unless it is asked for
fixed when JndiLookup lookup-stub : JndiLookup does nothing here
fixed when MessagePatternConverter !message-lookups JndiLookup : messages are not searched for lookups
fixed when JndiLookup in 2.3.1..2.3.2 2.12.2..2.12.4 2.15.0-rc1..2.26.1 : the release does not reach JNDI from messages
under_investigation when JndiLookup : JndiLookup is here, and the classes that would tell whether it is reached are not
mitigated when JndiManager !JndiLookup : JndiLookup.class was removed
mitigated when Interpolator knows-jndi !JndiLookup : JndiLookup.class was removed
not_affected when Interpolator !knows-jndi !JndiLookup : this code has no JNDI lookup
not_affected in 2.0-alpha1..2.0-beta8 3.0.0-alpha1..3.0.0-beta3 : this release has no JNDI lookup
under_investigation

cve CVE-2021-45046 critical
condition only where a layout has a context lookup such as ctx:loginId, or the program formats messages itself (Logger.printf)
fix upgrade to 2.17.1, 2.12.4 (Java 7) or 2.3.2 (Java 6); until then remove JndiLookup.class from every copy and restart
affected when JndiLookup JndiManager !lookup-stub !lookup-gated !manager-enabled : lookups outside of messages reach JNDI
affected when JndiLookup !lookup-stub !lookup-gated !lookup-asks-manager : lookups outside of messages reach JNDI
affected when JndiLookup !lookup-stub !lookup-gated !JndiManager within 2.0-beta9..2.3 2.4..2.12.1 2.13.0..2.15.0 : JndiLookup is here, and no release that it may be of switches it off
fixed when JndiManager manager-enabled : JNDI is off unless it is asked for
fixed when JndiLookup lookup-gated : JNDI is off unless it is asked for
fixed when JndiLookup lookup-stub : JndiLookup does nothing here
fixed when JndiLookup in 2.3.1..2.3.2 2.12.2..2.12.4 2.16.0..2.26.1 : the release has JNDI off unless it is asked for
under_investigation when JndiLookup : JndiLookup is here, and the class that could switch it off is not
mitigated when JndiManager !JndiLookup : JndiLookup.class was removed
mitigated when Interpolator knows-jndi !JndiLookup : JndiLookup.class was removed
not_affected when Interpolator !knows-jndi !JndiLookup : this code has no JNDI lookup
not_affected in 2.0-alpha1..2.0-beta8 3.0.0-alpha1..3.0.0-beta3 : this release has no JNDI lookup
under_investigation

cve CVE-2021-45105 medium
condition only where a layout has a context lookup such as ctx:loginId and a client sets the context value; ends the program, runs no code
fix upgrade to 2.17.1, 2.12.4 (Java 7) or 2.3.2 (Java 6)
affected when StrSubstitutor !cycles-end : lookups that name themselves are followed until the stack overflows
fixed when StrSubstitutor cycles-end : lookups that name themselves are noticed
affected within 2.0-alpha1..2.3 2.4..2.12.2 2.13.0..2.16.0 : the release follows lookups that name themselves
fixed in 2.3.1..2.3.2 2.12.3..2.12.4 2.17.0..2.26.1 : the release notices lookups that name themselves
under_investigation

cve CVE-2021-44832 medium
condition only where an attacker can change the logging configuration (a JDBC appender whose data source is a JNDI name)
fix upgrade to 2.17.1, 2.12.4 (Java 7) or 2.3.2 (Java 6)
affected when DataSourceConnectionSource !jdbc-gated : JDBC data sources are looked up at any JNDI address
fixed when DataSourceConnectionSource jdbc-gated : JDBC data sources are looked up by java: names, and only when asked for
not_affected in 2.0-alpha1..2.0-beta6 3.0.0-alpha1..3.0.0-beta3 : the core of this release has no JDBC data source
fixed in 2.3.2 2.12.4 2.17.1..2.26.1 : this release limits JDBC data sources
not_affected when Interpolator !DataSourceConnectionSource : the JDBC data source's class is not here
under_investigation

cve CVE-2017-5645 critical
condition only where a TCP or UDP socket server of Log4j receives serialized events
fix upgrade to 2.8.2 or later
affected when ObjectInputStreamLogEventBridge !bridge-filtered : received objects are read whatever their class
affected when SocketServer : received objects are read whatever their class
fixed when ObjectInputStreamLogEventBridge bridge-filtered : received objects are filtered by class
not_affected in 2.9.0..3.0.0-beta3 : the core of this release has no socket server
fixed in 2.8.2 : this release filters received objects
not_affected when Interpolator !ObjectInputStreamLogEventBridge !SocketServer : the socket servers' classes are not here
under_investigation

cve CVE-2020-9488 low
condition only with an SMTP appender over TLS
fix upgrade to 2.17.1, 2.12.4 (Java 7) or 2.3.2 (Java 6)
affected when SmtpManager !smtp-tls : the mail server's certificate is not compared with its name
fixed when SmtpManager smtp-tls : the mail server's certificate is compared with its name
not_affected in 2.0-alpha1..2.0-beta3 3.0.0-alpha1..3.0.0-beta3 : the core of this release has no SMTP appender
fixed in 2.3.2 2.12.3..2.12.4 2.13.2..2.26.1 : this release compares the mail server's certificate with its name
not_affected when Interpolator !SmtpManager : the SMTP appender's class is not here
under_investigation

cve CVE-2025-68161 medium
condition only with a socket or syslog appender over TLS
fix upgrade to 2.25.4 or later
affected when SslSocketManager !tls-verifies : the log server's certificate is not compared with its name, whatever the configuration says
fixed when SslSocketManager tls-verifies : the log server's certificate is compared with its name
not_affected in 2.0-alpha1..2.0-beta8 : this release has no TLS socket appender
fixed in 2.25.3..2.26.1 : this release compares the log server's certificate with its name
not_affected when Interpolator !SslSocketManager : the TLS socket appender's class is not here
under_investigation

cve CVE-2026-34477 medium
condition only with an appender over TLS that asks for verifyHostName in its <Ssl> element
fix upgrade to 2.25.4 or later
affected within 2.12.0..2.25.3 3.0.0-alpha1..3.0.0-beta3 : the attribute is ignored
not_affected in 2.0-alpha1..2.11.2 : this release has no such attribute
fixed in 2.25.4..2.26.1 : the attribute is heeded
under_investigation

cve CVE-2026-34478 medium
condition only with an Rfc5424Layout that sets newLineEscape or useTlsMessageFormat
fix upgrade to 2.25.4 or later
affected within 2.21.0..2.25.3 3.0.0-beta1..3.0.0-beta3 : attributes of the layout were renamed and are ignored
not_affected in 2.0-alpha1..2.20.0 3.0.0-alpha1 : this release knows the attributes
fixed in 2.25.4..2.26.1 : this release knows the attributes
under_investigation

cve CVE-2026-34480 medium
condition only with an XmlLayout
fix upgrade to 2.25.4 or later
affected when Transform !xml-sanitized : characters that XML forbids are written as they are
fixed when Transform xml-sanitized : characters that XML forbids are replaced
affected within 2.0-alpha1..2.25.3 3.0.0-alpha1..3.0.0-beta3 : this release writes characters that XML forbids
fixed in 2.25.4..2.26.1 : this release replaces characters that XML forbids
under_investigation
