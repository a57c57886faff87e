import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Hashtable;
import java.util.concurrent.atomic.AtomicInteger;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Tells whether InitialContext.lookup(name) opens a connection.
 *
 * Listens on free loopback ports, TCP and UDP, and prints both with the default ports (389, 636, 1099) that nobody serves
 * here. Then per line of input, a name in hexadecimal UTF-8 in which no host but loopback can be dialled (the caller sees
 * to that; host names come from the file in jdk.net.hosts.file alone), one line: "tcp" or "udp": our listener saw it;
 * "refused": dialled a port nobody serves; "unknown HOST": would have dialled HOST; "no WHY".
 */
public final class JndiProbe {
    static final AtomicInteger tcp = new AtomicInteger();
    static final AtomicInteger udp = new AtomicInteger();

    static void daemon(Runnable r) {
        Thread t = new Thread(r);
        t.setDaemon(true);
        t.start();
    }

    static void accept(ServerSocket s) {
        for (;;) {
            try (Socket c = s.accept()) {
                tcp.incrementAndGet(); /* counted before the client can see the end */
            } catch (Exception e) {
                return;
            }
        }
    }

    /** Answers every query with "no such name". */
    static void answer(DatagramSocket s) {
        byte[] b = new byte[1500];
        for (;;) {
            try {
                DatagramPacket p = new DatagramPacket(b, b.length);
                s.receive(p);
                udp.incrementAndGet();
                b[2] |= (byte) 0x80;
                b[3] = (byte) 0x83;
                s.send(p);
            } catch (Exception e) {
                return;
            }
        }
    }

    static ServerSocket listen(String host, int port) throws Exception {
        ServerSocket s = new ServerSocket();
        s.bind(new InetSocketAddress(InetAddress.getByName(host), port));
        daemon(() -> accept(s));
        return s;
    }

    static boolean free(int port) {
        for (String host : new String[] {"127.0.0.1", "::1"}) {
            try (Socket s = new Socket(InetAddress.getByName(host), port)) {
                return false;
            } catch (Exception e) {
                continue;
            }
        }
        return true;
    }

    /** "h: Name or service not known", "Unable to resolve host h in hosts file ...", or "h" */
    static String hostOf(String message) {
        String begin = "Unable to resolve host ";
        int end = message.indexOf(" in hosts file ");
        if (message.startsWith(begin) && end > 0) return message.substring(begin.length(), end);
        return message.split(": ")[0].replace('\n', ' ');
    }

    static String look(String name) {
        int tcpBefore = tcp.get();
        int udpBefore = udp.get();
        Throwable thrown = null;
        Hashtable<String, String> env = new Hashtable<>();
        env.put("com.sun.jndi.dns.timeout.initial", "500");
        env.put("com.sun.jndi.dns.timeout.retries", "1");
        try {
            new InitialContext(env).lookup(name);
        } catch (Exception e) {
            thrown = e;
        }
        if (tcp.get() != tcpBefore) return "tcp";
        if (udp.get() != udpBefore) return "udp";
        for (Throwable t = thrown; t != null; ) {
            if (t instanceof UnknownHostException) return "unknown " + hostOf(String.valueOf(t.getMessage()));
            if (t instanceof SocketException) return "refused";
            Throwable next = t instanceof NamingException ? ((NamingException) t).getRootCause() : t.getCause();
            t = next == null || next == t ? t.getCause() : next;
        }
        return "no " + (thrown == null ? "exception" : thrown.getClass().getName());
    }

    static byte[] bytes(String hex) {
        byte[] b = new byte[hex.length() / 2];
        for (int i = 0; i < b.length; i++) b[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        return b;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        BufferedReader in = new BufferedReader(new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.US_ASCII));
        System.setOut(System.err);
        int port = listen("127.0.0.1", 0).getLocalPort();
        try {
            listen("::1", port);
        } catch (Exception e) {
            System.err.println("no ::1 here: " + e);
        }
        DatagramSocket dns = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
        daemon(() -> answer(dns));
        out.println(port + " " + dns.getLocalPort() + " " + (free(389) && free(636) && free(1099) ? "free" : "busy"));
        for (String line; (line = in.readLine()) != null; ) out.println(look(new String(bytes(line), StandardCharsets.UTF_8)));
        System.exit(0);
    }
}
