/** A program of any length that reads like what people write: the same definitions again and again under other names. */

const CHAPTER = `
;; # Orders of day DAY

(def limits-DAY {:credit 1000 :lines 50 :currency "EUR" :countries #{:de :fr :it :nl}})

(defn line-total-DAY
  "What one line of an order costs, with its discount."
  [line]
  (let [{:keys [price count discount]} line
        gross (* price count)]
    (if (nil? discount)
      gross
      (- gross (* gross (/ discount 100.0))))))

(defn order-total-DAY
  "The sum of all lines, rounded to cents."
  [order]
  (let [sum (reduce + 0 (map line-total-DAY (:lines order)))]
    (/ (round (* sum 100)) 100)))

(defn check-order-DAY
  "A vector of what is wrong with an order; empty when nothing is."
  [order]
  (let [lines (:lines order)
        problems []
        problems (if (empty? lines) (conj problems :no-lines) problems)
        problems (if (> (count lines) (:lines limits-DAY)) (conj problems :too-many-lines) problems)]
    (cond
      (not (contains? (:countries limits-DAY) (:country order)))
      (conj problems [:country (:country order)])

      (some (fn [line] (<= (:count line) 0)) lines)
      (conj problems [:count "must be positive"])

      :else problems)))

(defn group-by-country-DAY [orders]
  (reduce (fn [groups order]
            (update groups (:country order) (fnil conj []) (select-keys order [:id :lines])))
          {}
          orders))

(defn report-DAY
  "One text for a day: a line for each country, and the total at the end."
  [orders]
  (let [groups (group-by-country-DAY orders)
        lines (for [[country members] groups]
                (str (name country) ": " (count members) " orders, " (reduce + 0 (map order-total-DAY members)) " EUR"))]
    (join "\\n" (conj (vec lines) (str "total: " (reduce + 0 (map order-total-DAY orders)))))))

(defn process-DAY [id]
  (let [order (call :shop/order id)
        problems (check-order-DAY order)]
    (if (empty? problems)
      (let [total (order-total-DAY order)
            customer (call :shop/customer (:customer order))]
        (if (> total (:credit limits-DAY 500))
          (call :mail/send (:email customer) (str "Order " id " waits: " total))
          (call :shop/ship id {:priority (when (:vip customer) :high)})))
      (do
        ;; nothing is sent when an order is wrong
        (call :io/log "order" id "has problems" problems)
        {:ok false :problems problems}))))

(defn collatz-DAY [start]
  (loop [n start steps 0]
    (if (= n 1)
      steps
      (recur (if (even? n) (quot n 2) (inc (* 3 n))) (inc steps)))))
`;

/** At least so many characters. */
export function ordinaryCode(units: number): string {
  const chapters: string[] = [];
  for (let length = 0, day = 1; length < units; day++) {
    const chapter = CHAPTER.replaceAll('DAY', `${day}`);
    chapters.push(chapter);
    length += chapter.length;
  }
  return chapters.join('');
}
