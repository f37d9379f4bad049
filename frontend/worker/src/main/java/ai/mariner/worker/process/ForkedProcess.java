package ai.mariner.worker.process;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A process that the fork server started: the fork server is its parent and tells how it ended. */
final class ForkedProcess extends Process {
  private final long pid;
  private final Optional<ProcessHandle> handle;
  private final InputStream stdout;
  private final InputStream stderr;
  private final CompletableFuture<Integer> exit;

  /**
   * A process.
   *
   * @param exit completed by the fork server with the status, 128 and the signal's number if it was
   *     killed
   */
  ForkedProcess(long pid, InputStream stdout, InputStream stderr, CompletableFuture<Integer> exit) {
    this.pid = pid;
    // It knows when the process began, so it never means another one of the same number.
    this.handle = ProcessHandle.of(pid);
    this.stdout = stdout;
    this.stderr = stderr;
    this.exit = exit;
  }

  @Override
  public OutputStream getOutputStream() {
    return OutputStream.nullOutputStream();
  }

  @Override
  public InputStream getInputStream() {
    return stdout;
  }

  @Override
  public InputStream getErrorStream() {
    return stderr;
  }

  @Override
  public long pid() {
    return pid;
  }

  @Override
  public boolean isAlive() {
    return !exit.isDone();
  }

  @Override
  public int waitFor() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    try {
      exit.get(timeout, unit);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int exitValue() {
    Integer status = exit.getNow(null);
    if (status == null) {
      throw new IllegalThreadStateException("process " + pid + " has not ended");
    }
    return status;
  }

  @Override
  public void destroy() {
    handle.ifPresent(ProcessHandle::destroy);
  }

  @Override
  public Process destroyForcibly() {
    handle.ifPresent(ProcessHandle::destroyForcibly);
    return this;
  }

  @Override
  public Stream<ProcessHandle> descendants() {
    return handle.stream().flatMap(ProcessHandle::descendants);
  }
}
