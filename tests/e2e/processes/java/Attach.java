import com.sun.tools.attach.VirtualMachine;

/** Loads agents into running JVMs: Attach PID JAR [PID JAR ...]. */
public class Attach {
    public static void main(String[] args) throws Exception {
        for (int i = 0; i < args.length; i += 2) {
            VirtualMachine vm = VirtualMachine.attach(args[i]);
            vm.loadAgent(args[i + 1]);
            vm.detach();
        }
    }
}
