package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/**
 * How a process ended.
 *
 * @param code exit code; absent when a signal ended it or it never started
 * @param signal number of the signal that ended it
 * @param startFailure why it could not be started
 * @param who which part of a group of processes; absent: it was one process
 * @param account what it did, where that was no exit
 * @param beside whose doing it was, and how it ended, if another model that shared it was at work
 */
public record ProcessExit(
    @Nullable Integer code,
    @Nullable Integer signal,
    @Nullable String startFailure,
    @Nullable String who,
    @Nullable String account,
    @Nullable String beside) {
  private static final int SIGKILL = 9;

  /** The end of a process that is no part of a group, and nobody else's doing. */
  public ProcessExit(
      @Nullable Integer code, @Nullable Integer signal, @Nullable String startFailure) {
    this(code, signal, startFailure, null, null, null);
  }

  /** What a part of a group did, so that the group was ended. */
  public static ProcessExit told(String who, String account) {
    return new ProcessExit(null, null, null, who, account, null);
  }

  /** The same of a part of a group. */
  public ProcessExit of(String part) {
    return new ProcessExit(code, signal, startFailure, part, account, beside);
  }

  /** The end of a shared process while, or because of what, another model was at work. */
  public static ProcessExit beside(String model, ProcessExit how) {
    String text = "shared its process with model " + model + ", and that " + how;
    return new ProcessExit(null, null, null, null, null, text);
  }

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
    if (account != null) {
      return account;
    }
    if (beside != null) {
      return beside;
    }
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
