/**
 * Code that operators bring along: finds their jars, loads each by itself, and lets it run where it
 * holds up nothing and takes nothing down.
 *
 * <p>Starting points: {@link ai.mariner.plugins.Plugins} (what was found), {@link
 * ai.mariner.plugins.PluginThreads} (where it runs).
 */
@NullMarked
package ai.mariner.plugins;

import org.jspecify.annotations.NullMarked;
