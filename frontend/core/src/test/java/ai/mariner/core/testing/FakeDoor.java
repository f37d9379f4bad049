package ai.mariner.core.testing;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Application;
import ai.mariner.core.model.ApplicationDoor;
import java.util.Map;
import java.util.TreeMap;

/** Keeps the applications that are open, by name. */
public final class FakeDoor implements ApplicationDoor {
  private final Map<String, Application> open = new TreeMap<>();
  private boolean locked;

  /** From now on nothing can be opened. */
  public void lock() {
    locked = true;
  }

  /** The applications that are open. */
  public Map<String, Application> open() {
    return open;
  }

  @Override
  public void open(Application application) {
    if (locked) {
      throw new ServeException(ErrorKind.CONFLICT, "a path of it is taken");
    }
    open.put(application.name(), application);
  }

  @Override
  public void close(Application application) {
    open.remove(application.name(), application);
  }
}
