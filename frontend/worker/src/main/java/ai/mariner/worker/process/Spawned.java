package ai.mariner.worker.process;

import ai.mariner.core.worker.WorkerProcess;
import java.util.List;

/** A process that was started, and what is known of those that it starts itself. */
public interface Spawned extends WorkerProcess {
  /** Makes these processes, which it started, write their stacks to its error output. */
  void dumpStacks(List<Long> pids);

  /** Kills the process groups that these processes lead or led, once it has ended. */
  void killGroups(List<Long> pids);
}
