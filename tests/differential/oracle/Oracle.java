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
 * The lookup registered as "jndi" is replaced by one that writes its keys down and answers null: nothing is ever dialled.
 * What differs from host to host is given the values that the evaluator makes up: system properties, the texts of "java",
 * the event. The lookups in HOST_LOOKUPS answer what the real one does, and in the mode "set" VALUE where it has nothing;
 * those that only a later release or another artifact registers answer too, as the evaluator takes them for registered
 * everywhere. Everything else is the release's own: parsing, passes, prefixes, lower, upper, date, event, what throws.
 *
 * Compiled against the oldest release and run with each, so it uses only what all of them have.
 *
 * Protocol, big-endian, batch by batch so that neither side waits with a full pipe. In: int count, then per record: byte
 * sink (0 message, 1 single, 2 context value, 3 context value that may refer to itself as ctx:u), byte set, int length,
 * UTF-8 text. Out, per record: byte end (0 done, 1 threw, 2 stack overflow), exception class and message, int calls in
 * all, int keys kept, each key, int length of the rendered text in bytes, its first TEXT_MAX bytes; texts are int length
 * and UTF-8. End of input ends the program.
 *
 * Run with -Xss3m: three times what 1000 levels need, also before the compiler has shrunk the frames.
 */
public final class Oracle {
    static final int KEYS_MAX = 64;
    static final int TEXT_MAX = 1 << 16;
    static final String VALUE = "caltropvalue";
    /** The layout's key for sink 2: no text under test has it. */
    static final String CONTEXT_KEY = "caltrop.context";
    static final String[] HOST_LOOKUPS = {"env", "sys", "ctx", "map", "sd", "main", "bundle", "marker", "log4j", "jvmrunargs", "web",
                                          "docker", "k8s", "kubernetes", "spring"};
    /** System properties that every JVM has. */
    static final String[] SYSTEM = {
        "java.version", VALUE, "java.vendor", VALUE, "java.home", "/" + VALUE, "java.vm.name", VALUE, "java.vm.version", VALUE,
        "java.vm.vendor", VALUE, "java.runtime.name", VALUE, "java.runtime.version", VALUE, "java.specification.version", VALUE,
        "java.class.path", VALUE, "java.class.version", VALUE, "java.library.path", "/" + VALUE, "java.io.tmpdir", "/tmp",
        "os.name", VALUE, "os.arch", VALUE, "os.version", VALUE, "user.name", VALUE, "user.home", "/" + VALUE, "user.dir", "/" + VALUE,
        "user.language", "en", "file.encoding", "UTF-8", "file.separator", "/", "path.separator", ":", "line.separator", "\n"};
    static final String[] JAVA = {
        "version", "Java version " + VALUE,
        "runtime", "OpenJDK Runtime Environment (build " + VALUE + ") from " + VALUE,
        "vm", "OpenJDK 64-Bit Server VM (build " + VALUE + ", mixed mode)",
        "os", "Linux " + VALUE + ", architecture: amd64-64",
        "hw", "processors: 2, architecture: amd64-64, instruction sets: " + VALUE,
        "locale", "default locale: en_US, platform encoding: UTF-8, " + VALUE};
    /** 2021-12-10T13:57:46.789Z */
    static final long EVENT_TIME = 1639144666789L;

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
        private final String name;
        private final StrLookup real;
        Host(String name, StrLookup real) {
            this.name = name;
            this.real = real;
        }
        @Override public String lookup(String key) { return lookup(null, key); }
        @Override public String lookup(LogEvent event, String key) {
            String value = real == null ? null : real.lookup(event, key);
            return value == null && set && settable(name, key) ? VALUE : value;
        }
    }

    /** Could any host have it set? */
    static boolean settable(String name, String key) {
        if (name.equals("marker")) return true;
        if (key.isEmpty()) return false;
        if (name.equals("env")) return key.indexOf('=') < 0 && key.indexOf(0) < 0;
        if (name.equals("log4j")) return key.equals("configLocation") || key.equals("configParentLocation");
        return !name.equals("bundle") || key.split(":").length == 2;
    }

    /** The real lookup decides whether there is an answer; which one is made up. */
    public static final class MadeUp implements StrLookup {
        private final StrLookup real;
        MadeUp(StrLookup real) { this.real = real; }
        @Override public String lookup(String key) { return lookup(null, key); }
        @Override public String lookup(LogEvent event, String key) {
            String value = real.lookup(event, key);
            for (int i = 0; value != null && i < JAVA.length; i += 2) if (JAVA[i].equals(key)) return JAVA[i + 1];
            return value;
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
                table.remove("web"); /* the oldest release's own wants a servlet container */
                for (String name : HOST_LOOKUPS) table.put(name, new Host(name, table.get(name)));
                if (table.containsKey("java")) table.put("java", new MadeUp(table.get("java")));
                if (table.containsKey("jndi")) table.put("jndi", new Recorder());
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

    static void serve(Layout<?>[] layouts, DataInputStream in, DataOutputStream out) throws IOException {
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
            for (int i = 0; i < n; i++) render(layouts[sinks[i]], sinks[i], sets[i], texts[i], out);
            out.flush();
        }
    }

    static void render(Layout<?> layout, int sink, boolean setValues, String in, DataOutputStream out) throws IOException {
        keys.clear();
        calls = 0;
        set = setValues;
        Message message = sink == 0 ? new SimpleMessage(in) : new Plain(sink == 1 ? in : VALUE);
        Map<String, String> values = sink < 2 ? Collections.<String, String>emptyMap() : Collections.singletonMap(sink == 2 ? CONTEXT_KEY : "u", in);
        LogEvent event = new Log4jLogEvent("Main", (Marker) null, Oracle.class.getName(), Level.ERROR, message, (Throwable) null, values,
            (ThreadContext.ContextStack) null, "main", (StackTraceElement) null, EVENT_TIME);
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

    /** args: the appender whose layout renders messages. */
    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in), 1 << 16));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16));
        System.setOut(System.err); /* whatever prints must not disturb the protocol */
        Configuration c = ((LoggerContext) LogManager.getContext(false)).getConfiguration();
        Layout<?>[] layouts = {layout(c, args[0]), layout(c, args[0]), layout(c, "context"), layout(c, "self")};
        replaceLookups(c.getStrSubstitutor().getVariableResolver());
        Properties known = new Properties();
        for (int i = 0; i < SYSTEM.length; i += 2) known.setProperty(SYSTEM[i], SYSTEM[i + 1]);
        System.setProperties(known);
        serve(layouts, in, out);
        System.exit(0);
    }
}
