// Brings the figures of a page to life where there is no kernel: it plays the
// part of Jupyter for the same scripts. State and script of a figure lie in
// files of their own, fetched when the figure comes near. They are classic
// scripts, which also load from a disk, and put what they hold in here.
const everyPixel = {};

(() => {
  const once = (make) => {
    const made = new Map();
    return (key) => {
      if (!made.has(key)) made.set(key, make(key));
      return made.get(key);
    };
  };

  const load = once((address) => new Promise((done, fail) => {
    const script = document.createElement("script");
    const name = address.match(/(\w+)\.js$/)[1];
    script.src = address;
    script.onload = () => done(everyPixel[name]);
    script.onerror = () => fail(new Error(`${address} did not load`));
    document.head.append(script);
  }));

  const figure = once(async (address) => {
    const text = await load(address);
    const blob = new Blob([text], { type: "text/javascript" });
    const url = URL.createObjectURL(blob);
    try {
      return (await import(url)).default;
    } finally {
      URL.revokeObjectURL(url);
    }
  });

  const bytes = (base64) => {
    const text = atob(base64);
    return new DataView(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer);
  };

  // As much of a widget's model as the figures use.
  class Model {
    constructor({ state, buffers }) {
      this.state = state;
      this.listeners = new Map();
      for (const { path, data } of buffers) {
        const owner = path.slice(0, -1).reduce((at, key) => at[key], state);
        owner[path.at(-1)] = bytes(data);
      }
    }

    get(key) {
      return this.state[key];
    }

    set(key, value) {
      if (Object.is(this.state[key], value)) return;
      this.state[key] = value;
      for (const act of [...this.heard(`change:${key}`)]) act();
    }

    heard(event) {
      if (!this.listeners.has(event)) this.listeners.set(event, new Set());
      return this.listeners.get(event);
    }

    on(event, act) {
      this.heard(event).add(act);
    }

    off(event, act) {
      this.heard(event).delete(act);
    }

    save_changes() {}
  }

  // two views of one widget share its model
  const model = once(async (address) => new Model(await load(address)));

  // What is read below a figure stays where it is when the figure grows, also
  // in Safari, which does not see to that.
  const keepPlace = (place, before) => {
    if (before.top >= 0 || CSS.supports("overflow-anchor", "auto")) return;
    const top = place.getBoundingClientRect().height - before.height;
    scrollBy({ top, behavior: "instant" });
  };

  const mount = once(async (place) => {
    const still = place.querySelector("img");
    const el = document.createElement("div");
    try {
      const { state, code } = place.dataset;
      const [own, act] = await Promise.all([model(state), figure(code)]);
      const before = place.getBoundingClientRect();
      place.append(el);
      await act.render({ model: own, el });
      still.remove();
      place.dataset.mounted = "";
      keepPlace(place, before);
    } catch (error) {
      console.warn("A figure stays a still:", error);
      el.remove();
    }
  });

  // Figures wait for the page to rest: a link that leads past them would miss
  // its aim if they grew on the way.
  const watch = () => {
    const near = new Set();
    let rest;
    const wait = () => {
      clearTimeout(rest);
      rest = setTimeout(() => near.forEach(mount), 300);
    };
    const observer = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) near.add(target);
        else near.delete(target);
      }
      wait();
    }, { rootMargin: "600px" });
    document.querySelectorAll(".ep-figure")
      .forEach((place) => observer.observe(place));
    addEventListener("scroll", wait, { passive: true });
  };

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", watch);
  } else watch();
})();
