package org.pytorch.serve;

import ai.mariner.core.config.Profile;
import ai.mariner.server.Main;

/** Starts the server with TorchServe's manners, under the name that tools know. */
public final class ModelServer {
  private ModelServer() {}

  /** Runs the server until it is told to stop. */
  public static void main(String[] arguments) {
    Main.run(Profile.TORCHSERVE, arguments);
  }
}
