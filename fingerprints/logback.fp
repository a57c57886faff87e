# logback, in its two jars. Ranges are those of the project's release notes; where the classes show the fix itself they decide.

product logback-core
title logback core
purl pkg:maven/ch.qos.logback/logback-core
package ch/qos/logback

class SaxEventRecorder core/joran/event/SaxEventRecorder
requires SaxEventRecorder has "startElement" has "buildSaxParser"
requires SaxEventRecorder ends "joran/event/SaxEvent" ends "core/Context;"
feature entities-refused SaxEventRecorder has "resolveEntity"

class JNDIConnectionSource core/db/JNDIConnectionSource
requires JNDIConnectionSource has "javax/sql/DataSource"

class JNDIUtil core/util/JNDIUtil
requires JNDIUtil contains "JNDI name must start with"
feature names-not-blank JNDIUtil has "isNullOrEmptyOrAllSpaces"

class HardenedObjectInputStream core/net/HardenedObjectInputStream
requires HardenedObjectInputStream has "java/io/ObjectInputStream"
feature depth-limit HardenedObjectInputStream has "DEPTH_LIMIT"

class JaninoEventEvaluatorBase core/boolex/JaninoEventEvaluatorBase
requires JaninoEventEvaluatorBase ends "boolex/EventEvaluatorBase"

class PropertyEvalScriptBuilder core/joran/conditional/PropertyEvalScriptBuilder
requires PropertyEvalScriptBuilder ends "janino/ClassBodyEvaluator"

class IfModelHandler core/model/processor/conditional/IfModelHandler
requires IfModelHandler ends "model/conditional/IfModel"
feature new-refused IfModelHandler has "NEW_OPERATOR_DISALLOWED_MSG"

class OptionHelper core/util/OptionHelper
requires OptionHelper has "substVars" has "instantiateByClassName"
feature superclass-asked OptionHelper has "instantiateClassWithSuperclassRestriction"

releases 1.0.0 1.0.1 1.0.2 1.0.3 1.0.4 1.0.5 1.0.6 1.0.7 1.0.8 1.0.9 1.0.10 1.0.11 1.0.12 1.0.13 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4 1.1.5 1.1.6 1.1.7 1.1.8 1.1.9 1.1.10 1.1.11 show SaxEventRecorder JNDIConnectionSource JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.2.0 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.2.6 1.2.7 show SaxEventRecorder JNDIConnectionSource HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.2.8 show SaxEventRecorder HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.2.9 1.2.10 1.2.11 1.2.12 show SaxEventRecorder JNDIUtil HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.2.13 show SaxEventRecorder JNDIUtil depth-limit JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.3.0-alpha0 1.3.0-alpha1 1.3.0-alpha2 1.3.0-alpha3 1.3.0-alpha4 1.3.0-alpha5 1.3.0-alpha6 1.3.0-alpha7 1.3.0-alpha8 1.3.0-alpha9 1.3.0-alpha10 show SaxEventRecorder JNDIConnectionSource HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.3.0-alpha11 1.3.0-alpha12 1.3.0-alpha13 1.3.0-alpha14 show SaxEventRecorder JNDIUtil HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder OptionHelper
releases 1.3.0-alpha15 1.3.0-alpha16 1.3.0-beta0 1.3.0 1.3.1 1.3.2 1.3.3 1.3.4 1.3.5 1.3.6 1.3.7 1.3.8 1.3.9 1.3.10 1.3.11 show SaxEventRecorder JNDIUtil HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.3.12 1.3.13 1.3.14 show SaxEventRecorder JNDIUtil depth-limit JaninoEventEvaluatorBase PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.3.15 show entities-refused JNDIUtil depth-limit PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.3.16 show entities-refused JNDIUtil depth-limit PropertyEvalScriptBuilder new-refused OptionHelper
releases 1.4.0 1.4.1 1.4.2 1.4.3 1.4.4 1.4.5 1.4.6 1.4.7 1.4.8 1.4.9 1.4.10 1.4.11 show SaxEventRecorder JNDIUtil HardenedObjectInputStream JaninoEventEvaluatorBase PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.4.12 1.4.13 1.4.14 show SaxEventRecorder JNDIUtil depth-limit JaninoEventEvaluatorBase PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.5.0 1.5.1 1.5.2 1.5.3 1.5.4 1.5.5 1.5.6 1.5.7 1.5.8 1.5.9 1.5.10 1.5.11 1.5.12 show SaxEventRecorder names-not-blank depth-limit JaninoEventEvaluatorBase PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.5.13 1.5.14 1.5.15 1.5.16 1.5.17 1.5.18 show entities-refused names-not-blank depth-limit PropertyEvalScriptBuilder IfModelHandler OptionHelper
releases 1.5.19 1.5.20 1.5.21 1.5.22 1.5.23 1.5.24 show entities-refused names-not-blank depth-limit PropertyEvalScriptBuilder new-refused OptionHelper
releases 1.5.25 1.5.26 1.5.27 1.5.28 1.5.29 1.5.30 1.5.31 1.5.32 1.5.33 1.5.34 1.5.35 show entities-refused names-not-blank depth-limit PropertyEvalScriptBuilder new-refused superclass-asked
releases 1.5.36 show entities-refused names-not-blank depth-limit PropertyEvalScriptBuilder IfModelHandler superclass-asked
releases 1.5.37 1.5.38 1.6.0 1.6.1 1.6.2 1.6.3 1.6.4 1.6.5 1.6.6 later show entities-refused names-not-blank depth-limit IfModelHandler superclass-asked

cve CVE-2021-42550 medium
condition only where an attacker can change the logging configuration
fix upgrade to 1.2.13 or later, or to the newest 1.3 or 1.5
affected when JNDIConnectionSource !JNDIUtil : data sources are looked up at any JNDI address
fixed when JNDIUtil : JNDI names must start with java:
not_affected when SaxEventRecorder !JNDIConnectionSource : the data source that looks up JNDI names is not here
affected within 1.0.0..1.2.7 1.3.0-alpha0..1.3.0-alpha10 : the release looks up any JNDI address
fixed in 1.2.8..1.2.13 1.3.0-alpha11..1.6.6 : the release limits JNDI names, or has JNDI switched off (1.2.8)
under_investigation

cve CVE-2023-6481 high
condition only where a receiver of logback is configured and reached by others
fix upgrade to 1.2.13, 1.3.14 or 1.4.14, or later
affected when HardenedObjectInputStream !depth-limit : received objects are read without limits
affected within 1.3.12..1.3.13 1.4.12..1.4.13 : received objects are read, their limits can be passed by
fixed in 1.2.13 1.3.14..1.3.16 1.4.14..1.6.6 : received objects are limited
not_affected in 1.0.0..1.1.11 : earlier releases have another weakness here, CVE-2017-5929
under_investigation : the classes of 1.4.12 to 1.4.14 show no difference, and metadata does not help

cve CVE-2024-12798 medium
condition only where an attacker can change the logging configuration, with Janino on the class path
fix upgrade to 1.3.15 or 1.5.13, or later
affected when JaninoEventEvaluatorBase : the configuration can hold Java code to run
affected within 1.0.0..1.3.14 1.4.0..1.5.12 : the configuration can hold Java code to run
fixed when SaxEventRecorder !JaninoEventEvaluatorBase : the evaluator of Java code is not here
under_investigation

cve CVE-2024-12801 low
condition only where an attacker can change the logging configuration
fix upgrade to 1.3.15 or 1.5.13, or later
affected when SaxEventRecorder !entities-refused : the configuration can make the program fetch other addresses
fixed when SaxEventRecorder entities-refused : addresses in the configuration are not fetched
affected within 1.0.0..1.3.14 1.4.0..1.5.12 : the configuration can make the program fetch other addresses
under_investigation

cve CVE-2025-11226 medium
condition only where an attacker can change the logging configuration or the environment, with Janino and Spring on the class path
fix upgrade to 1.3.16 or 1.5.19, or later
affected within 1.0.0..1.3.15 1.4.0..1.5.18 : conditions in the configuration can make objects
fixed in 1.3.16 1.5.19..1.6.6 : conditions in the configuration cannot make objects
under_investigation

cve CVE-2026-1225 low
condition only where an attacker can change the logging configuration
fix upgrade to 1.5.25 or later
affected when OptionHelper !superclass-asked : the configuration can make objects of any class
fixed when OptionHelper superclass-asked : the configuration makes objects of the classes that it should
affected within 1.0.0..1.5.24 : the configuration can make objects of any class
under_investigation

product logback-classic
title logback classic
purl pkg:maven/ch.qos.logback/logback-classic
package ch/qos/logback

class LoggingEventVO classic/spi/LoggingEventVO
requires LoggingEventVO has "argumentArray"
requires LoggingEventVO has "java/io/ObjectInputStream"
feature argument-limit LoggingEventVO has "ARGUMENT_ARRAY_DESERIALIZATION_LIMIT"

class JNDIUtil classic/util/JNDIUtil
requires JNDIUtil has "javax/naming/InitialContext"

class SocketNode classic/net/SocketNode
requires SocketNode contains "Could not open ObjectInputStream to "
requires SocketNode ends "classic/LoggerContext;"
feature node-hardened SocketNode ends "HardenedLoggingEventInputStream"

class JaninoEventEvaluator classic/boolex/JaninoEventEvaluator
requires JaninoEventEvaluator has "logger"

releases 1.0.0 1.0.1 1.0.2 1.0.3 1.0.4 1.0.5 1.0.6 1.0.7 1.0.8 1.0.9 1.0.10 1.0.11 1.0.12 1.0.13 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4 1.1.5 1.1.6 1.1.7 1.1.8 1.1.9 1.1.10 1.1.11 show LoggingEventVO JNDIUtil SocketNode JaninoEventEvaluator
releases 1.2.0 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.2.6 1.2.7 show LoggingEventVO JNDIUtil node-hardened JaninoEventEvaluator
releases 1.2.8 1.2.9 1.2.10 1.2.11 1.2.12 show LoggingEventVO node-hardened JaninoEventEvaluator
releases 1.2.13 show argument-limit node-hardened JaninoEventEvaluator
releases 1.3.0-alpha0 1.3.0-alpha1 1.3.0-alpha2 1.3.0-alpha3 1.3.0-alpha4 1.3.0-alpha5 1.3.0-alpha6 1.3.0-alpha7 1.3.0-alpha8 1.3.0-alpha9 1.3.0-alpha10 show LoggingEventVO JNDIUtil node-hardened JaninoEventEvaluator
releases 1.3.0-alpha11 1.3.0-alpha12 1.3.0-alpha13 1.3.0-alpha14 1.3.0-alpha15 1.3.0-alpha16 1.3.0-beta0 1.3.0 1.3.1 1.3.2 1.3.3 1.3.4 1.3.5 1.3.6 1.3.7 1.3.8 1.3.9 1.3.10 1.3.11 show LoggingEventVO node-hardened JaninoEventEvaluator
releases 1.3.12 1.3.13 1.3.14 show argument-limit node-hardened JaninoEventEvaluator
releases 1.3.15 1.3.16 show argument-limit node-hardened
releases 1.4.0 1.4.1 1.4.2 1.4.3 1.4.4 1.4.5 1.4.6 1.4.7 1.4.8 1.4.9 1.4.10 1.4.11 show LoggingEventVO node-hardened JaninoEventEvaluator
releases 1.4.12 1.4.13 1.4.14 1.5.0 1.5.1 1.5.2 1.5.3 1.5.4 1.5.5 1.5.6 1.5.7 1.5.8 1.5.9 1.5.10 1.5.11 1.5.12 show argument-limit node-hardened JaninoEventEvaluator
releases 1.5.13 1.5.14 1.5.15 1.5.16 1.5.17 1.5.18 1.5.19 1.5.20 1.5.21 1.5.22 1.5.23 1.5.24 1.5.25 1.5.26 1.5.27 1.5.28 1.5.29 1.5.30 1.5.31 1.5.32 1.5.33 1.5.34 1.5.35 1.5.36 1.5.37 1.5.38 1.6.0 1.6.1 1.6.2 1.6.3 1.6.4 1.6.5 1.6.6 later show argument-limit node-hardened

cve CVE-2017-5929 critical
condition only where a receiver or socket server of logback is configured and reached by others
fix upgrade to 1.2.13 or later
affected when SocketNode !node-hardened : received objects are read whatever their class
fixed when SocketNode node-hardened : received objects are filtered by class
affected within 1.0.0..1.1.11 : received objects are read whatever their class
not_affected when LoggingEventVO !SocketNode : the class that reads objects is not here
under_investigation

cve CVE-2021-42550 medium
condition only where an attacker can change the logging configuration
fix upgrade to 1.2.13 or later, or to the newest 1.3 or 1.5
affected when JNDIUtil : any JNDI address is looked up
affected within 1.0.0..1.2.7 1.3.0-alpha0..1.3.0-alpha10 : any JNDI address is looked up
fixed when LoggingEventVO !JNDIUtil : the class that looks up any JNDI name is not here
under_investigation

cve CVE-2023-6378 high
condition only where a receiver of logback is configured and reached by others
fix upgrade to 1.2.13, 1.3.14 or 1.4.14, or later
affected when LoggingEventVO !argument-limit : received objects are read without limits
fixed when LoggingEventVO argument-limit : received objects are limited
under_investigation
