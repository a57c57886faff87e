import java.io.InputStream;

/** Loads a class of Log4j without running it, says so, and stays until its standard input ends. */
public class Holder {
    public static void main(String[] args) throws Exception {
        hold();
    }

    static void hold() throws Exception {
        Class.forName("org.apache.logging.log4j.core.lookup.JndiLookup", false, Thread.currentThread().getContextClassLoader());
        System.out.println("ready");
        InputStream in = System.in;
        while (in.read() >= 0) { }
    }
}
