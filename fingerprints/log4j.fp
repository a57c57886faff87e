# Apache Log4j 1.x and reload4j, its continuation, which keeps the package names. No release of Log4j 1 fixes any of these; removing
# the class does. A jar counts as reload4j by the classes that harden it. Bridges (log4j-1.2-api, log4j-over-slf4j) have the package
# and none of these classes.

product log4j
title Apache Log4j 1.x
purl pkg:maven/log4j/log4j
package org/apache/log4j

class JMSAppender net/JMSAppender
requires JMSAppender has "TopicConnectionFactoryBindingName" has "setTopicConnectionFactoryBindingName"
requires JMSAppender contains "spi/LoggingEvent"
feature jms-hardened JMSAppender ends "net/JNDIUtil"
feature jms-user JMSAppender has "setUserName"
feature jms-session JMSAppender has "getTopicSession"

class JMSSink net/JMSSink
requires JMSSink has "Could not read JMS message."
requires JMSSink contains "spi/LoggingEvent"
feature sink-hardened JMSSink ends "net/JNDIUtil"

class SocketServer net/SocketServer
requires SocketServer has "Could not interpret port number ["
requires SocketServer has "Starting new socket node."
requires SocketServer ends "net/SocketNode"
requires SocketServer ends "PropertyConfigurator"
feature server-logger SocketServer has "getLogger"
feature server-cause SocketServer has "initCause"

class SimpleSocketServer net/SimpleSocketServer
requires SimpleSocketServer has "Could not interpret port number ["
requires SimpleSocketServer ends "net/SocketNode"
requires SimpleSocketServer ends "PropertyConfigurator"
feature server-xml SimpleSocketServer has ".xml"
feature server-thread SimpleSocketServer has "SimpleSocketServer-"

class SocketNode net/SocketNode
requires SocketNode contains "Could not open ObjectInputStream to "
requires SocketNode ends "log4j/Hierarchy;" ends "spi/LoggerRepository;" ends "Hierarchy;"
feature node-repository SocketNode ends "spi/LoggerRepository;"
feature node-hardened SocketNode ends "HardenedLoggingEventInputStream"

class JDBCAppender jdbc/JDBCAppender
requires JDBCAppender has "sun.jdbc.odbc.JdbcOdbcDriver" has "setSql"
requires JDBCAppender contains "spi/LoggingEvent"
feature jdbc-prepared JDBCAppender has "java/sql/PreparedStatement"

class ChainsawMain chainsaw/Main
requires ChainsawMain contains "CHAINSAW - Log4J Log Viewer"

class LoggingReceiver chainsaw/LoggingReceiver
requires LoggingReceiver has "Waiting for a connection"
requires LoggingReceiver ends "chainsaw/LoggingReceiver$Slurper"

class ChainsawSlurper chainsaw/LoggingReceiver$Slurper
requires ChainsawSlurper has "Starting to get data"
feature chainsaw-hardened ChainsawSlurper ends "HardenedLoggingEventInputStream"

class SMTPAppender net/SMTPAppender
requires SMTPAppender contains "No layout set for appender named ["
requires SMTPAppender ends "spi/TriggeringEventEvaluator"
feature smtp-checks SMTPAppender has "setCheckServerIdentity"
feature smtp-bcc SMTPAppender has "getBcc"

class SyslogWriter helpers/SyslogWriter
requires SyslogWriter contains "Could not instantiate DatagramSocket to"
requires SyslogWriter ends "helpers/LogLog"

class HardenedObjectInputStream net/HardenedObjectInputStream
requires HardenedObjectInputStream ends "log4j/net/HardenedObjectInputStream" ends "net/HardenedLoggingEventInputStream"

foreign jms-hardened
foreign node-hardened
foreign HardenedObjectInputStream

releases 1.1.3 show JMSAppender JMSSink SocketServer SimpleSocketServer SocketNode SMTPAppender SyslogWriter
releases 1.2.4 show JMSAppender JMSSink SocketServer SimpleSocketServer node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper SMTPAppender SyslogWriter
releases 1.2.5 show JMSAppender JMSSink SocketServer server-xml node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper SMTPAppender SyslogWriter
releases 1.2.6 1.2.7 1.2.8 show jms-user JMSSink SocketServer server-xml node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper SMTPAppender SyslogWriter
releases 1.2.9 1.2.11 show jms-user JMSSink server-logger server-xml node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper SMTPAppender SyslogWriter
releases 1.2.12 1.2.13 show jms-user jms-session JMSSink server-logger server-xml node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper SMTPAppender SyslogWriter
releases 1.2.14 1.2.15 show jms-user jms-session JMSSink server-logger server-xml node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper smtp-bcc SyslogWriter
releases 1.2.16 show jms-user jms-session JMSSink server-logger server-xml server-thread node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper smtp-bcc SyslogWriter
releases 1.2.17 show jms-user jms-session JMSSink server-logger server-cause server-xml server-thread node-repository JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper smtp-bcc SyslogWriter

cve CVE-2019-17571 critical
condition only where SocketServer or SimpleSocketServer is run and reached by others
fix move to Log4j 2 or reload4j; until then remove the classes SocketServer, SimpleSocketServer and SocketNode
affected when SocketNode : objects that a client sends are read whatever their class
affected when SocketServer : objects that a client sends are read whatever their class
affected when SimpleSocketServer : objects that a client sends are read whatever their class
mitigated when !SocketNode !SocketServer !SimpleSocketServer : the socket servers' classes are not here
under_investigation

cve CVE-2021-4104 high
condition only with a JMSAppender configured, and an attacker who can change the configuration or the JNDI server it names
fix move to Log4j 2 or reload4j; until then remove the class JMSAppender
affected when JMSAppender : JMSAppender looks up any JNDI name
mitigated when !JMSAppender : the class JMSAppender is not here
under_investigation

cve CVE-2022-23302 high
condition only where JMSSink is run, and an attacker can change the configuration or the JNDI server it names
fix move to Log4j 2 or reload4j; until then remove the class JMSSink
affected when JMSSink : JMSSink looks up any JNDI name
mitigated when !JMSSink : the class JMSSink is not here
under_investigation

cve CVE-2022-23305 critical
condition only with a JDBCAppender configured
fix move to Log4j 2 or reload4j; until then remove the class JDBCAppender
affected when JDBCAppender : messages become part of SQL statements
not_affected in 1.1.3 : this release has no JDBCAppender
mitigated when !JDBCAppender : the class JDBCAppender is not here
under_investigation

cve CVE-2022-23307 high
condition only where Chainsaw is run and receives events
fix move to Log4j 2 or reload4j; until then remove the classes of chainsaw
affected when LoggingReceiver : objects that a client sends are read whatever their class
affected when ChainsawMain : objects that a client sends are read whatever their class
not_affected in 1.1.3 : this release has no Chainsaw
mitigated when !LoggingReceiver !ChainsawMain : the classes of Chainsaw are not here
under_investigation

cve CVE-2020-9488 low
condition only with an SMTPAppender over TLS
fix move to Log4j 2 or reload4j; until then remove the class SMTPAppender where it is not used
affected when SMTPAppender : the mail server's certificate is not compared with its name
mitigated when !SMTPAppender : the class SMTPAppender is not here
under_investigation

product reload4j
title reload4j
purl pkg:maven/ch.qos.reload4j/reload4j
package org/apache/log4j

class JMSAppender net/JMSAppender
requires JMSAppender has "TopicConnectionFactoryBindingName" has "setTopicConnectionFactoryBindingName"
requires JMSAppender contains "spi/LoggingEvent"
feature jms-hardened JMSAppender ends "net/JNDIUtil"
feature jms-user JMSAppender has "setUserName"
feature jms-session JMSAppender has "getTopicSession"

class JMSSink net/JMSSink
requires JMSSink has "Could not read JMS message."
requires JMSSink contains "spi/LoggingEvent"
feature sink-hardened JMSSink ends "net/JNDIUtil"

class SocketServer net/SocketServer
requires SocketServer has "Could not interpret port number ["
requires SocketServer has "Starting new socket node."
requires SocketServer ends "net/SocketNode"
requires SocketServer ends "PropertyConfigurator"
feature server-logger SocketServer has "getLogger"
feature server-cause SocketServer has "initCause"

class SimpleSocketServer net/SimpleSocketServer
requires SimpleSocketServer has "Could not interpret port number ["
requires SimpleSocketServer ends "net/SocketNode"
requires SimpleSocketServer ends "PropertyConfigurator"
feature server-xml SimpleSocketServer has ".xml"
feature server-thread SimpleSocketServer has "SimpleSocketServer-"

class SocketNode net/SocketNode
requires SocketNode contains "Could not open ObjectInputStream to "
requires SocketNode ends "log4j/Hierarchy;" ends "spi/LoggerRepository;" ends "Hierarchy;"
feature node-repository SocketNode ends "spi/LoggerRepository;"
feature node-hardened SocketNode ends "HardenedLoggingEventInputStream"

class JDBCAppender jdbc/JDBCAppender
requires JDBCAppender has "sun.jdbc.odbc.JdbcOdbcDriver" has "setSql"
requires JDBCAppender contains "spi/LoggingEvent"
feature jdbc-prepared JDBCAppender has "java/sql/PreparedStatement"

class ChainsawMain chainsaw/Main
requires ChainsawMain contains "CHAINSAW - Log4J Log Viewer"

class LoggingReceiver chainsaw/LoggingReceiver
requires LoggingReceiver has "Waiting for a connection"
requires LoggingReceiver ends "chainsaw/LoggingReceiver$Slurper"

class ChainsawSlurper chainsaw/LoggingReceiver$Slurper
requires ChainsawSlurper has "Starting to get data"
feature chainsaw-hardened ChainsawSlurper ends "HardenedLoggingEventInputStream"

class SMTPAppender net/SMTPAppender
requires SMTPAppender contains "No layout set for appender named ["
requires SMTPAppender ends "spi/TriggeringEventEvaluator"
feature smtp-checks SMTPAppender has "setCheckServerIdentity"
feature smtp-bcc SMTPAppender has "getBcc"

class SyslogWriter helpers/SyslogWriter
requires SyslogWriter contains "Could not instantiate DatagramSocket to"
requires SyslogWriter ends "helpers/LogLog"

class HardenedObjectInputStream net/HardenedObjectInputStream
requires HardenedObjectInputStream ends "log4j/net/HardenedObjectInputStream" ends "net/HardenedLoggingEventInputStream"

belongs jms-hardened
belongs node-hardened
belongs HardenedObjectInputStream

releases 1.2.18.0 show jms-hardened jms-user jms-session JMSSink server-logger server-xml server-thread node-repository node-hardened JDBCAppender ChainsawMain LoggingReceiver ChainsawSlurper smtp-bcc SyslogWriter HardenedObjectInputStream
releases 1.2.18.1 show jms-hardened jms-user jms-session sink-hardened server-logger server-xml server-thread node-repository node-hardened ChainsawMain LoggingReceiver chainsaw-hardened smtp-bcc SyslogWriter HardenedObjectInputStream
releases 1.2.18.2 show jms-hardened jms-user jms-session sink-hardened server-logger server-xml server-thread node-repository node-hardened jdbc-prepared ChainsawMain LoggingReceiver chainsaw-hardened smtp-bcc SyslogWriter HardenedObjectInputStream
releases 1.2.18.3 1.2.18.4 1.2.18.5 1.2.19 1.2.20 1.2.21 1.2.22 1.2.23 1.2.24 1.2.25 1.2.26 1.2.27 later show jms-hardened jms-user jms-session sink-hardened server-logger server-xml server-thread node-repository node-hardened jdbc-prepared ChainsawMain LoggingReceiver chainsaw-hardened smtp-checks smtp-bcc SyslogWriter HardenedObjectInputStream

cve CVE-2019-17571 critical
condition only where SocketServer or SimpleSocketServer is run and reached by others
fix upgrade to the newest release
affected when SocketNode !node-hardened : objects that a client sends are read whatever their class
fixed when SocketNode node-hardened : objects that a client sends are filtered by class
fixed in 1.2.18.0..1.2.27 : every release filters objects by class
under_investigation

cve CVE-2021-4104 high
condition only with a JMSAppender configured, and an attacker who can change the configuration or the JNDI server it names
fix upgrade to the newest release
affected when JMSAppender !jms-hardened : JMSAppender looks up any JNDI name
fixed when JMSAppender jms-hardened : JMSAppender looks up java: names only
fixed in 1.2.18.0..1.2.27 : every release limits JMSAppender
under_investigation

cve CVE-2022-23302 high
condition only where JMSSink is run, and an attacker can change the configuration or the JNDI server it names
fix upgrade to the newest release
affected when JMSSink !sink-hardened : JMSSink looks up any JNDI name
fixed when JMSSink sink-hardened : JMSSink looks up java: names only
fixed in 1.2.18.1..1.2.27 : this release limits JMSSink
mitigated when !JMSSink : the class JMSSink is not here
under_investigation

cve CVE-2022-23305 critical
condition only with a JDBCAppender configured
fix upgrade to the newest release
affected when JDBCAppender !jdbc-prepared : messages become part of SQL statements
fixed when JDBCAppender jdbc-prepared : messages are parameters of prepared statements
fixed in 1.2.18.1..1.2.27 : this release has no JDBCAppender, or one with prepared statements
mitigated when !JDBCAppender : the class JDBCAppender is not here
under_investigation

cve CVE-2022-23307 high
condition only where Chainsaw is run and receives events
fix upgrade to the newest release
affected when ChainsawSlurper !chainsaw-hardened : objects that a client sends are read whatever their class
fixed when ChainsawSlurper chainsaw-hardened : objects that a client sends are filtered by class
fixed in 1.2.18.1..1.2.27 : this release filters objects by class
mitigated when !ChainsawSlurper : the class that reads objects is not here
under_investigation

cve CVE-2020-9488 low
condition only with an SMTPAppender over TLS
fix upgrade to the newest release
affected when SMTPAppender !smtp-checks : the mail server's certificate is not compared with its name
fixed when SMTPAppender smtp-checks : the mail server's certificate is compared with its name
fixed in 1.2.18.3..1.2.27 : this release compares the mail server's certificate with its name
mitigated when !SMTPAppender : the class SMTPAppender is not here
under_investigation
