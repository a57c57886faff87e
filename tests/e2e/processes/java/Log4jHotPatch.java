/** An agent that does nothing; its class has the name of one that patches. */
public class Log4jHotPatch {
    public static void premain(String args) { }

    public static void agentmain(String args) { }
}
