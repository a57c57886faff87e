/** An agent that does nothing; its jar has the name of one that patches. */
public class PatchAgent {
    public static void premain(String args) { }

    public static void agentmain(String args) { }
}
