package ai.mariner.core.worker;

import ai.mariner.core.time.Loop;

/** Starts worker processes. */
public interface WorkerLauncher {
  /**
   * Starts a process and returns at once; everything that follows is told through the events.
   *
   * @param launch which program, where
   * @param loop the loop that the worker belongs to: its link lives there and all events arrive
   *     there
   * @param events who is told; always gets {@link WorkerEvents#exited} last, also when nothing
   *     could be started
   */
  WorkerProcess start(WorkerLaunch launch, Loop loop, WorkerEvents events);
}
