package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/**
 * How a process ended.
 *
 * @param code exit code; absent when a signal ended it or it never started
 * @param signal number of the signal that ended it
 * @param startFailure why it could not be started
 */
public record ProcessExit(
    @Nullable Integer code, @Nullable Integer signal, @Nullable String startFailure) {
  private static final int SIGKILL = 9;

  /** The end of a process as Java reports it: codes above 128 stand for signals. */
  public static ProcessExit ofStatus(int status) {
    return status > 128 && status <= 192
        ? new ProcessExit(null, status - 128, null)
        : new ProcessExit(status, null, null);
  }

  /** A process that never ran. */
  public static ProcessExit notStarted(String reason) {
    return new ProcessExit(null, null, reason);
  }

  /** Whether it was killed outright, as the system does when memory runs out. */
  public boolean killed() {
    return signal != null && signal == SIGKILL;
  }

  @Override
  public String toString() {
    if (startFailure != null) {
      return "could not be started: " + startFailure;
    }
    return signal != null
        ? "was ended by signal " + signal + name(signal)
        : "exited with code " + code;
  }

  private static String name(int signal) {
    return switch (signal) {
      case 4 -> " (SIGILL)";
      case 6 -> " (SIGABRT)";
      case 7 -> " (SIGBUS)";
      case 8 -> " (SIGFPE)";
      case SIGKILL -> " (SIGKILL)";
      case 11 -> " (SIGSEGV)";
      case 15 -> " (SIGTERM)";
      default -> "";
    };
  }
}
