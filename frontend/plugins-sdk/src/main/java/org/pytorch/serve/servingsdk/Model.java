package org.pytorch.serve.servingsdk;

import java.util.List;

/** A registered model. */
public interface Model {
  /** Name under which it is registered. */
  String getModelName();

  /** Where its archive came from, as it was given at registration. */
  String getModelUrl();

  /** Handler of its archive; empty: its kind of model has none. */
  String getModelHandler();

  /** Its workers as they are now. */
  List<Worker> getModelWorkers();
}
