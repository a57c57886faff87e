import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.Layout;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.core.lookup.StrLookup;
import org.apache.logging.log4j.message.Message;
import org.apache.logging.log4j.message.SimpleMessage;

/**
 * Renders messages with the log4j-core on the class path and tells which JNDI lookups it made.
 *
 * Only the lookup registered as "jndi" is replaced, by one that writes its keys down and answers null: nothing is ever
 * dialled. In the mode "set", lookups that only a host can answer (HOST_LOOKUPS) answer VALUE where the real one has
 * nothing. Compiled against the oldest release and run with each, so it uses only what all of them have.
 *
 * Protocol, big-endian, batch by batch so that neither side waits with a full pipe. In: int count, then per record: byte
 * sink (0 message, 1 single, 2 context), byte set, int length, UTF-8 text. Out, per record: byte end (0 done, 1 threw,
 * 2 stack overflow), exception class and message, int calls in all, int keys kept, each key, int length of the rendered text in
 * bytes, its first TEXT_MAX bytes; texts are int length and UTF-8. End of input ends the program.
 */
public final class Oracle {
    static final int KEYS_MAX = 64;
    static final int TEXT_MAX = 1 << 16;
    static final String VALUE = "caltropvalue";
    /** Deep enough that 1000 levels never overflow, also before the JIT has shrunk the frames. */
    static final long STACK = 8L << 20;
    static final String[] HOST_LOOKUPS = {"env", "sys", "ctx", "map", "sd", "main", "bundle", "marker", "log4j", "jvmrunargs"};

    static final List<String> keys = new ArrayList<>();
    static int calls;
    static boolean set;

    public static final class Recorder implements StrLookup {
        @Override public String lookup(String key) {
            calls++;
            if (keys.size() < KEYS_MAX) keys.add(String.valueOf(key));
            return null;
        }
        @Override public String lookup(LogEvent event, String key) { return lookup(key); }
    }

    public static final class Host implements StrLookup {
        private final StrLookup real;
        Host(StrLookup real) { this.real = real; }
        @Override public String lookup(String key) { return lookup(null, key); }
        @Override public String lookup(LogEvent event, String key) {
            String value = real.lookup(event, key);
            return value == null && set ? VALUE : value;
        }
    }

    /** A message of a class that Log4j does not know: takes the other branch of %m. */
    public static final class Plain implements Message {
        private static final long serialVersionUID = 1L;
        private final String text;
        Plain(String text) { this.text = text; }
        @Override public String getFormattedMessage() { return text; }
        @Override public String getFormat() { return text; }
        @Override public Object[] getParameters() { return null; }
        @Override public Throwable getThrowable() { return null; }
    }

    @SuppressWarnings("unchecked")
    static void replaceLookups(StrLookup interpolator) throws ReflectiveOperationException {
        for (Class<?> c = interpolator.getClass(); c != null; c = c.getSuperclass()) {
            for (Field f : c.getDeclaredFields()) {
                if (!Map.class.isAssignableFrom(f.getType())) continue;
                f.setAccessible(true);
                Map<String, StrLookup> table = (Map<String, StrLookup>) f.get(interpolator);
                for (String name : HOST_LOOKUPS)
                    if (table.containsKey(name)) table.put(name, new Host(table.get(name)));
                if (table.containsKey("jndi")) table.put("jndi", new Recorder());
                System.err.println("lookups: " + new java.util.TreeSet<>(table.keySet()));
                return;
            }
        }
        throw new NoSuchFieldException("no table of lookups in " + interpolator.getClass());
    }

    static Layout<?> layout(Configuration c, String name) { return c.getAppenders().get(name).getLayout(); }

    static void text(DataOutputStream out, String s) throws IOException {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        out.writeInt(b.length);
        out.write(b);
    }

    static void serve(Layout<?> message, Layout<?> context, DataInputStream in, DataOutputStream out) throws IOException {
        for (;;) {
            int n;
            try {
                n = in.readInt();
            } catch (EOFException end) {
                return;
            }
            int[] sinks = new int[n];
            boolean[] sets = new boolean[n];
            String[] texts = new String[n];
            for (int i = 0; i < n; i++) {
                sinks[i] = in.readByte();
                sets[i] = in.readByte() != 0;
                byte[] b = new byte[in.readInt()];
                in.readFully(b);
                texts[i] = new String(b, StandardCharsets.UTF_8);
            }
            for (int i = 0; i < n; i++) render(sinks[i] == 2 ? context : message, sinks[i], sets[i], texts[i], out);
            out.flush();
        }
    }

    static void render(Layout<?> layout, int sink, boolean setValues, String in, DataOutputStream out) throws IOException {
        keys.clear();
        calls = 0;
        set = setValues;
        Message message = sink == 0 ? new SimpleMessage(in) : new Plain(sink == 1 ? in : "");
        Map<String, String> values = sink == 2 ? Collections.singletonMap("u", in) : Collections.<String, String>emptyMap();
        /* 2009-02-13T23:31:30Z: the event time that dates are made of */
        LogEvent event = new Log4jLogEvent("logger", (Marker) null, Oracle.class.getName(), Level.INFO, message, (Throwable) null,
            values, (ThreadContext.ContextStack) null, "main", (StackTraceElement) null, 1234567890000L);
        int end = 0;
        String thrown = "";
        String why = "";
        String rendered = "";
        try {
            rendered = String.valueOf(layout.toSerializable(event));
        } catch (StackOverflowError e) {
            end = 2;
        } catch (RuntimeException | Error e) {
            end = 1;
            thrown = e.getClass().getName();
            why = String.valueOf(e.getMessage());
            if (why.length() > 200) why = why.substring(0, 200);
        }
        out.writeByte(end);
        text(out, thrown);
        text(out, why);
        out.writeInt(calls);
        out.writeInt(keys.size());
        for (String key : keys) text(out, key);
        byte[] b = rendered.getBytes(StandardCharsets.UTF_8);
        out.writeInt(b.length);
        out.write(b, 0, Math.min(b.length, TEXT_MAX));
    }

    /** args: the appender whose layout renders messages; then name=value pairs that become the only system properties. */
    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in), 1 << 16));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16));
        System.setOut(System.err); /* whatever prints must not disturb the protocol */
        Configuration c = ((LoggerContext) LogManager.getContext(false)).getConfiguration();
        Layout<?> message = layout(c, args[0]);
        Layout<?> context = layout(c, "context");
        replaceLookups(c.getStrSubstitutor().getVariableResolver());
        render(message, 0, false, "${date:yyyy}${sys:x}${ctx:x}", new DataOutputStream(OutputSink.NONE));
        Properties known = new Properties();
        for (int i = 1; i < args.length; i++) {
            int eq = args[i].indexOf('=');
            known.setProperty(args[i].substring(0, eq), args[i].substring(eq + 1));
        }
        System.setProperties(known);
        Throwable[] failure = new Throwable[1];
        Thread worker = new Thread(null, () -> {
            try {
                serve(message, context, in, out);
            } catch (Throwable e) {
                failure[0] = e;
            }
        }, "main", STACK);
        worker.start();
        worker.join();
        if (failure[0] != null) {
            failure[0].printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    private static final class OutputSink extends java.io.OutputStream {
        static final OutputSink NONE = new OutputSink();
        @Override public void write(int b) { }
    }
}
