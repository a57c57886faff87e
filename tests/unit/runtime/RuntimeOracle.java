import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.util.*;
import java.util.regex.Pattern;

/** What the JDK and Log4j themselves make of arguments, policy files and property names.
 *
 *   words ARG...          prints its arguments, each followed by NUL
 *   properties PREFIX     prints the system properties PREFIX0, PREFIX1, ... in the same way
 *   policies LIST         LIST: lines "policy-file code-path"; prints "connect resolve" as reaches 0 to 3
 *   names                 property names on stdin; prints 1 where Log4j takes it as log4j2.formatMsgNoLookups (needs log4j-api)
 */
public class RuntimeOracle {
    static final List<Integer> PORTS = List.of(1, 80, 389, 1024, 1389, 8080, 40000, 65535);

    public static void main(String[] a) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "ISO-8859-1");
        if (a[0].equals("words")) for (int i = 1; i < a.length; i++) out.print(a[i] + "\0");
        else if (a[0].equals("properties"))
            for (int i = 0; System.getProperty(a[1] + i) != null; i++) out.print(System.getProperty(a[1] + i) + "\0");
        else if (a[0].equals("policies")) policies(a[1], out);
        else names(out);
        out.flush();
    }

    @SuppressWarnings("removal")
    static void policies(String list, PrintStream out) throws Exception {
        for (String line : Files.readAllLines(Path.of(list))) {
            String[] p = line.split(" ");
            Policy policy = Policy.getInstance("JavaPolicy", new URIParameter(Path.of(p[0]).toUri()));
            CodeSource source = new CodeSource(new URL("file:" + p[1]), (java.security.cert.Certificate[]) null);
            Set<Integer> ports = new TreeSet<>(PORTS); // and those that the file names
            Pattern.compile("\\d{1,5}").matcher(Files.readString(Path.of(p[0]))).results().map(m -> Integer.valueOf(m.group()))
                .filter(port -> port > 0 && port < 65536).forEach(ports::add);
            ProtectionDomain domain = new ProtectionDomain(source, null, RuntimeOracle.class.getClassLoader(), null);
            try {
                out.println(reach(policy, domain, ports, "connect") + " " + reach(policy, domain, ports, "resolve"));
            } catch (IllegalArgumentException e) { // a codeBase that cannot be compared with
                out.println("-1 -1");
            }
        }
    }

    @SuppressWarnings("removal")
    static boolean allows(Policy policy, ProtectionDomain domain, Set<Integer> ports, String host, String action) {
        String name = host.contains(":") ? "[" + host + "]" : host;
        if (action.equals("resolve")) return policy.implies(domain, new SocketPermission(name, action));
        for (int port : ports) if (policy.implies(domain, new SocketPermission(name + ":" + port, action))) return true;
        return false;
    }

    @SuppressWarnings("removal")
    static int reach(Policy policy, ProtectionDomain domain, Set<Integer> ports, String action) {
        if (allows(policy, domain, ports, "198.51.100.7", action)) return 3;
        for (String host : new String[] {"ldap.example.test", "www.example.test", "203.0.113.9", "2001:db8:0:0:0:0:0:5"})
            if (allows(policy, domain, ports, host, action)) return 2;
        for (String host : new String[] {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"})
            if (allows(policy, domain, ports, host, action)) return 1;
        return 0;
    }

    static void names(PrintStream out) throws Exception {
        Class<?> c = Class.forName("org.apache.logging.log4j.util.PropertiesUtil");
        var make = c.getConstructor(Properties.class);
        var get = c.getMethod("getBooleanProperty", String.class, boolean.class);
        for (String name : new String(System.in.readAllBytes(), StandardCharsets.ISO_8859_1).split("\n", -1)) {
            // As the system properties are: the properties given here are taken by a source of their own, with the same rules.
            Properties p = new Properties();
            p.setProperty(name, "true");
            out.println((Boolean) get.invoke(make.newInstance(p), "log4j2.formatMsgNoLookups", false) ? 1 : 0);
        }
    }
}
