package ai.mariner.plugins;

import java.net.URL;
import java.net.URLClassLoader;

/**
 * Loads the classes of one plugin. What its jar and the libraries beside it bring comes first, so
 * that a plugin may have another release of a library than the server; what both sides talk in
 * (SDK, Gson, SLF4J, the JDK) is the server's. The server's own classes are out of sight.
 */
final class PluginClassLoader extends URLClassLoader {
  private static final String[] SHARED = {
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.google.gson.",
    "org.slf4j.",
    "org.pytorch.serve.servingsdk.",
    "ai.mariner.sdk."
  };
  private static final String OURS = "ai.mariner.";

  static {
    registerAsParallelCapable();
  }

  PluginClassLoader(String name, URL[] jars, ClassLoader server) {
    super(name, jars, server);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (isShared(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> found = findLoadedClass(name);
      if (found == null) {
        found = ownOrServers(name);
      }
      if (resolve) {
        resolveClass(found);
      }
      return found;
    }
  }

  private Class<?> ownOrServers(String name) throws ClassNotFoundException {
    try {
      return findClass(name);
    } catch (ClassNotFoundException notHere) {
      if (name.startsWith(OURS)) {
        throw notHere;
      }
      return getParent().loadClass(name);
    }
  }

  private static boolean isShared(String name) {
    for (String prefix : SHARED) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
